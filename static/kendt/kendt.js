// Small comforts of our own pages. Every page works without them.

// Copy buttons: <button data-copy="#id of the text">.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.querySelector(button.dataset.copy).textContent.trim();
  navigator.clipboard?.writeText(text).then(() => {
    button.setAttribute("aria-live", "polite");
    const before = button.textContent;
    button.textContent = "✓ " + before;
    setTimeout(() => (button.textContent = before), 2000);
  });
});

// Ctrl+K or Cmd+K goes to the global search.
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
  const box = document.getElementById("k-search");
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
});

// The look-up boxes of the theme get the label of the field that they stand for.
function nameLookups() {
  for (const select of document.querySelectorAll("select.select2-hidden-accessible")) {
    const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
    const text = (label?.textContent || select.name).trim().replace(/[:*]$/, "");
    for (const part of select.nextElementSibling?.querySelectorAll('[role="combobox"], [role="textbox"], .select2-search__field') || []) {
      part.setAttribute("aria-label", text);
    }
  }
}
window.addEventListener("load", () => {
  nameLookups();
  new MutationObserver(nameLookups).observe(document.body, { childList: true, subtree: true });
});

// Two minutes before an idle session ends the page says so, and one press keeps it (WCAG 2.2.1).
window.addEventListener("load", () => {
  const notice = document.getElementById("k-idle");
  if (!notice) return;
  const button = notice.querySelector("button");
  let timers = [];
  const begin = () => {
    timers.forEach(clearTimeout);
    notice.hidden = true;
    const idle = Number(notice.dataset.idleSeconds) * 1000;
    timers = [setTimeout(warn, idle - 120_000), setTimeout(end, idle)];
  };
  const warn = () => {
    notice.hidden = false;
    button.focus();
  };
  const end = () => {
    notice.hidden = false;
    button.hidden = true;
    document.getElementById("k-idle-text").textContent = notice.dataset.over;
  };
  button.addEventListener("click", () =>
    fetch(notice.dataset.stay, { redirect: "manual" }).then((answer) => (answer.ok ? begin() : end()))
  );
  begin();
});

// The theme's script looks for a text box beside each file input; ours are plain, and name their file themselves.
document.addEventListener(
  "change",
  (event) => event.target.matches("input[type=file].k-input") && event.stopPropagation(),
  true
);
