// Keeps what somebody writes on their own device, and says when there is hardly room for more.
// Never an address; nothing at all on a device that is marked as shared.
"use strict";
(() => {
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const DAY = 24 * 3600 * 1000, KEPT = 30 * DAY, SHARED = "shared-device", PREFIX = "draft:";
  const MOST = 10000, NEAR = 200, FEW = 10;  // characters that fit, and words
  const key = PREFIX + form.dataset.draft, boxes = [form.elements.text, form.elements.name];
  const room = form.querySelector("[data-room]"), line = form.querySelector("[data-kept]");
  const status = line.querySelector("[role=status]"), clear = line.querySelector("button"), shared = line.querySelector("input");
  const say = (where, words) => { if (where.textContent !== words) where.textContent = words; };
  let timer = 0, kept = "";

  // Reading fails where storage is forbidden: then nothing is kept, and nothing is said about it.
  const store = (work) => { try { return work(localStorage); } catch { return undefined; } };
  const stored = () => store((box) => JSON.parse(box.getItem(key)));
  const isShared = () => Boolean(store((box) => box.getItem(SHARED)));
  const typed = () => boxes.map((box) => box.value);

  function show(at) {
    const moment = new Date(at), today = moment.toDateString() === new Date().toDateString();
    const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
    const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    const day = today ? {} : { day: "numeric", month: "long" };
    say(status, line.dataset.kept.replace("%(time)s", moment.toLocaleString(language, { ...day, ...time })));
  }

  function forget() {
    clearTimeout(timer);
    timer = 0;
    store((box) => box.removeItem(key));
    kept = JSON.stringify(typed());
    say(status, line.dataset.cleared);
  }

  function keep() {
    clearTimeout(timer);
    timer = 0;
    const [text, name] = typed(), now = JSON.stringify([text, name]);
    if (isShared() || now === kept) return;
    if (!text.trim()) { if (stored()) forget(); return; }
    const at = Date.now();
    if (store((box) => { box.setItem(key, JSON.stringify({ text, name, at })); return true; })) show(at);
    else say(status, line.dataset.cleared);
    kept = now;
  }

  function count() {
    const text = boxes[0].value, words = text.split(/\s+/).filter(Boolean).length || 1;
    const left = Math.floor((MOST - text.length) * words / (text.length || 1));
    const about = Math.ceil(Math.abs(left) / 10) * 10;
    if (left > NEAR) say(room, "");
    else if (left < 0) say(room, room.dataset.over.replace("%(words)s", about));
    else say(room, left < FEW ? room.dataset.little : room.dataset.room.replace("%(words)s", about));
  }

  store((box) => {
    for (const name of Object.keys(box).filter((name) => name.startsWith(PREFIX))) {
      if (!(JSON.parse(box.getItem(name)).at > Date.now() - KEPT)) box.removeItem(name);
    }
  });
  kept = JSON.stringify(typed());
  const draft = stored();
  if (draft && !boxes[0].value) {  // never over what is typed already, or was given back
    boxes[0].value = draft.text;
    boxes[1].value ||= draft.name;
    kept = JSON.stringify(typed());
    show(draft.at);
  }
  shared.checked = isShared();
  if (shared.checked || !store(() => true)) say(status, line.dataset.cleared);
  count();

  form.addEventListener("input", (event) => {
    if (!boxes.includes(event.target)) return;
    count();
    timer ||= setTimeout(keep, 1000);
  });
  form.addEventListener("submit", keep);  // before the reply is made: the page that thanks clears what is older
  addEventListener("pagehide", keep);
  clear.addEventListener("click", () => { forget(); boxes[0].focus(); });
  shared.addEventListener("change", () => {
    store((box) => shared.checked ? box.setItem(SHARED, "1") : box.removeItem(SHARED));
    if (!shared.checked) { kept = ""; keep(); return; }
    forget();
    store((box) => Object.keys(box).filter((name) => name.startsWith(PREFIX)).forEach((name) => box.removeItem(name)));
  });
})();
