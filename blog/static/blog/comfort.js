// Reading comfort: sets data-* on <html> before the first paint; kept on this device only.
(() => {
  const root = document.documentElement;
  const names = ["tint", "size", "spacing", "face", "links"];
  const read = () => { try { return JSON.parse(localStorage.getItem("comfort")) || {}; } catch { return {}; } };
  const keep = (choices) => { try { localStorage.setItem("comfort", JSON.stringify(choices)); } catch { /* private window */ } };
  const wear = (choices) => names.forEach((name) => {
    const value = choices[name];
    if (value && value !== "device" || name === "face" && value) root.dataset[name] = value;
    else delete root.dataset[name];
  });

  root.dataset.js = "";
  wear(read());

  // A link to "Source 1" opens it; newer browsers do this by themselves.
  const unfold = () => {
    const target = document.getElementById(location.hash.slice(1));
    const details = target && target.closest("details:not([open])");
    if (details) { details.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", unfold);

  addEventListener("DOMContentLoaded", () => {
    unfold();
    const panel = document.getElementById("comfort");
    const button = document.querySelector(".comfort-button");
    if (!panel || !button) return;
    const form = panel.querySelector("form");
    const show = (open) => { panel.hidden = !open; button.setAttribute("aria-expanded", open); };
    const fill = () => names.forEach((name) => {
      const value = root.dataset[name];
      for (const input of form.querySelectorAll(`[name=${name}]`)) {
        input.checked = input.type === "checkbox" ? Boolean(value) : input.value === (value || input.dataset.normal || "");
      }
    });
    fill();
    button.addEventListener("click", () => { show(panel.hidden); if (!panel.hidden) panel.querySelector("h2").focus(); });
    form.addEventListener("change", () => { const choices = Object.fromEntries(new FormData(form)); wear(choices); keep(choices); });
    form.addEventListener("reset", () => setTimeout(() => { wear({}); keep({}); fill(); }));
    panel.querySelector("[data-close]").addEventListener("click", () => { show(false); button.focus(); });
  });
})();
