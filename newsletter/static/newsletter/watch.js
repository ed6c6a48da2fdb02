// Reads the page again every few seconds while a letter is on its way. Without it there is a link.
"use strict";
(() => {
  const EVERY = 4000;
  const going = document.querySelector("[data-going]");
  if (!going) return;

  async function look() {
    try {
      const answer = await fetch(location.pathname, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // The next look may succeed; what stands on the page was true when it was read.
    }
    if (document.querySelector("[data-going]")) setTimeout(look, EVERY);
  }

  function show(page) {
    for (const name of ["state", "numbers", "buttons"]) {
      const here = document.getElementById(name);
      const there = page.getElementById(name);
      if (!here || !there || here.innerHTML === there.innerHTML) continue;
      // Never under somebody's finger: buttons change when the letter's state does, and no focus is in them.
      if (name === "buttons" && (here.dataset.state === there.dataset.state || here.contains(document.activeElement))) continue;
      here.replaceChildren(...there.childNodes);
      if (there.dataset.state) here.dataset.state = there.dataset.state;
    }
    if (!page.querySelector("[data-going]")) going.removeAttribute("data-going");
  }

  setTimeout(look, EVERY);
})();
