"""When somebody proves an address, what waited only because nobody knew them goes up."""

from __future__ import annotations

from dataclasses import replace

from comments import screening
from comments.models import Comment, Receipt, Writer

SUSPICIONS = {"honeypot", "too fast"}  # of the form: no second look at the words finds them


def prove(receipt: Receipt) -> bool:
    """It is their mailbox. False: that was known already, or the link is good no more."""
    proved = receipt.prove()
    # Judged when that is certain: a rule that breaks must not take the proof with it.
    if proved and receipt.writer:
        judge_again(receipt.writer)
    return proved


def judge_again(writer: Writer) -> None:
    """Of what waits: whatever nobody has decided about, and only its unknown writer held up."""
    if not writer.is_trusted:
        return
    writer.comments.are_of_somebody_known()
    for comment in writer.comments.undecided().select_related("post", "question", "writer"):
        if _may_go_up(comment, writer):
            # Only what still waits, and says what was read.
            comment.publish(by=None, actor=Comment.Actor.RULES, seen=comment.revision)


def _may_go_up(comment: Comment, writer: Writer) -> bool:
    noticed = {signal.rule for signal in comment.noticed}
    draft = screening.Draft(
        post=comment.post,
        text=comment.body,
        name=comment.name,
        question=comment.question,
        writer=writer,
        suspicion=next(iter(noticed & SUSPICIONS), ""),
    )
    if not screening.judge(draft).publish:
        return False
    # What was noticed of the moment itself (a crowd, many from one place) is noticed no more.
    of_a_stranger = screening.judge(replace(draft, writer=None)).signals
    return noticed <= {signal.rule for signal in of_a_stranger}
