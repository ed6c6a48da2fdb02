// What was sent need not be kept on the device any more; and the private link is copied by a button.
"use strict";
(() => {
  const panel = document.querySelector("[data-sent]");
  const button = panel.querySelector("[data-copy]"), status = panel.querySelector("[role=status]");
  const key = `draft:${panel.dataset.sent}`, sentAt = Date.now() - Number(panel.dataset.age);
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    if (draft && draft.at <= sentAt) localStorage.removeItem(key);
  } catch { /* nothing is stored here, then */ }

  if (!navigator.clipboard) return;  // on plain http there is none: the link stands above
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      status.textContent = button.dataset.copied;
    } catch { button.hidden = true; }
  });
})();
