"""Mails that came back, as the servers of the world really write them: dsn("postfix", name)."""

from __future__ import annotations

from email.utils import format_datetime

from django.utils import timezone

READER = "marigold@example.com"


def report(
    fields: str,
    name: str,
    *,
    top: str = "",
    kind: str = "delivery-status",
    returned: str = "message/rfc822",
    headers: str = "",
    own_name: str = "<20261123101010.4F2@mx.example.net>",
) -> bytes:
    """A multipart/report around these fields, with the headers of the mail called `name`."""
    about = f"Message-ID: {name}\n" if name else ""
    return f"""\
Return-Path: <>
Date: {format_datetime(timezone.now())}
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: sara@example.org
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary="edge/1"
Message-ID: {own_name}
{top}
This is a MIME-encapsulated message.

--edge/1
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered to {READER}.

--edge/1
Content-Description: Delivery report
Content-Type: message/{kind}

{fields}

--edge/1
Content-Type: {returned}

From: Sara <sara@example.org>
To: {READER}
Subject: Hot days
{about}{headers}
Hello

--edge/1--
""".encode()


FIELDS = {
    "postfix": f"""\
Reporting-MTA: dns; mx.example.net
X-Postfix-Queue-ID: 4F2A01
X-Postfix-Sender: rfc822; sara@example.org
Arrival-Date: Mon, 23 Nov 2026 10:10:10 +0000 (UTC)

Final-Recipient: rfc822; {READER}
Original-Recipient: rfc822;{READER}
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550 5.1.1 <{READER}>: Recipient address rejected:
    User unknown in virtual mailbox table""",
    "exim": f"""\
Reporting-MTA: dns; mail.example.net

Action: failed
Final-Recipient: rfc822;{READER}
Status: 5.0.0
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550 No Such User Here""",
    "exchange": f"""\
Reporting-MTA: dns;AM0PR01MB1234.eurprd01.prod.exchangelabs.com
Received-From-MTA: dns;mail.example.org
Arrival-Date: Mon, 23 Nov 2026 10:10:10 +0000

Final-Recipient: rfc822;{READER}
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {READER} not found by
 SMTP address lookup""",
    "exchange online": f"""\
Reporting-MTA: dns;mail.example.net

Final-Recipient: rfc822;{READER}
Action: failed
Status: 5.4.1
Diagnostic-Code: smtp;550 5.4.1 Recipient address rejected: Access denied. AS(201806281)""",
    "gmail": f"""\
Reporting-MTA: dns; googlemail.com
Arrival-Date: Mon, 23 Nov 2026 02:10:10 -0800 (PST)
X-Original-Message-ID: NAME

Final-Recipient: rfc822; {READER}
Action: failed
Status: 5.1.1
Remote-MTA: dns; gmail-smtp-in.l.google.com. (142.250.4.26, the server for the domain.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please
 try 550-5.1.1 double-checking the recipient's email address 550 5.1.1 NoSuchUser""",
    "yahoo": f"""\
Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {READER}
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 554 delivery error: dd This user doesn't have a yahoo.com account""",
    "full": f"""\
Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {READER}
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 <{READER}>: Quota exceeded (mailbox for user is full)""",
    "full, in words": f"""\
Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {READER}
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 550 Mailbox is full / Blocks limit exceeded""",
    "given up": f"""\
Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {READER}
Action: failed
Status: 4.4.1
Diagnostic-Code: X-Postfix; connect to mx.example.com[192.0.2.1]:25: Connection timed out""",
    "no such domain": f"""\
Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {READER}
Action: failed
Status: 5.4.4
Diagnostic-Code: X-Postfix; Host or domain name not found. Name service error for
    name=example.com type=AAAA: Host not found""",
    "disliked": f"""\
Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {READER}
Action: failed
Status: 5.7.515
Diagnostic-Code: smtp; 550 5.7.515 Access denied, sending domain does not meet the required
 authentication level""",
    "disliked, in words": f"""\
Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {READER}
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 550 Message rejected as spam by content filter""",
    "greylisted for ever": f"""\
Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {READER}
Action: failed
Status: 4.7.1
Diagnostic-Code: smtp; 451 4.7.1 Greylisting in action, please come back later""",
    "our sender": f"""\
Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {READER}
Action: failed
Status: 5.1.8
Diagnostic-Code: smtp; 553 5.1.8 Sender address does not resolve""",
    "delayed": f"""\
Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {READER}
Action: delayed
Status: 4.4.1
Will-Retry-Until: Sat, 28 Nov 2026 10:10:10 +0000""",
    "arrived": f"""\
Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {READER}
Action: delivered
Status: 2.0.0""",
    "one of two": """\
Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; gone@example.net
Action: failed
Status: 5.1.1

Final-Recipient: rfc822; there@example.net
Action: relayed
Status: 2.1.9""",
}


def dsn(server: str, name: str, **more) -> bytes:
    if server == "gmail":  # says it in fields of its own, and returns a few headers only
        top = f"In-Reply-To: {name}\nReferences: {name}\n"
        more = {"top": top, "returned": "text/rfc822-headers"} | more
        return report(FIELDS[server].replace("NAME", name), "", **more)
    return report(FIELDS[server], name, **more)


def complaint(name: str, feedback: str = "abuse", **more) -> bytes:
    """As Yahoo sends it: the address is blackened, the mail is whole."""
    fields = f"""\
Feedback-Type: {feedback}
User-Agent: Yahoo!-Mail-Feedback/2.0
Version: 0.1
Original-Mail-From: <sara@example.org>
Original-Rcpt-To: redacted@yahoo.com
Received-Date: Mon, 23 Nov 2026 10:10:10 PST
Reported-Domain: example.org"""
    return report(fields, name, kind="feedback-report", **more)


QMAIL = """\
Return-Path: <>
From: MAILER-DAEMON@mail.example.net
Subject: failure notice

Hi. This is the qmail-send program at mail.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<marigold@example.com>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 no such user

--- Below this line is a copy of the message.

Message-ID: NAME
Subject: Hot days
"""
HOLIDAY = """\
From: marigold@example.com
To: sara@example.org
Subject: Automatic reply: Hot days
Auto-Submitted: auto-replied
X-Auto-Response-Suppress: All
Precedence: bulk
In-Reply-To: NAME
References: NAME
Content-Type: text/plain; charset=utf-8

I am away until Monday. 550 5.1.1 is my room.
"""
RECEIPT = """\
From: marigold@example.com
Subject: Read: Hot days
Content-Type: multipart/report; report-type=disposition-notification; boundary="e"

--e
Content-Type: text/plain

It was displayed.

--e
Content-Type: message/disposition-notification

Final-Recipient: rfc822; marigold@example.com
Original-Message-ID: NAME
Disposition: manual-action/MDN-sent-manually; displayed

--e--
"""
