// The segment builder without page loads. Every edit is a button of the form: with this script the form is posted in
// the background and only its parts are replaced. Without it, the page posts itself.
(() => {
  const form = document.getElementById("segment-builder");
  if (!form) return;
  const PARTS = ["builder-rule", "builder-told"];
  const PAUSE = 700;
  const BETWEEN = 2000;
  const STEPS = { up: -1, down: 1 };
  let timer = null;
  let last = 0;
  let turn = 0;

  const typed = () => [...form.querySelectorAll("input, textarea, select")].map((field) => field.value).join("\u0000");

  async function post(act) {
    clearTimeout(timer);
    const data = new FormData(form);
    data.set("act", act);
    data.set("fragment", "1");
    const before = typed();
    const mine = ++turn;
    last = Date.now();
    form.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action || location.href, { method: "POST", body: data });
      // A newer edit is under way, or somebody typed on: this answer is out of date.
      if (mine !== turn) return;
      if (!answer.ok) throw new Error(answer.status);
      const html = await answer.text();
      if (typed() !== before) return schedule();
      show(html, act);
    } catch {
      form.querySelector("[name=act][value=update]").click();
    } finally {
      if (mine === turn) form.removeAttribute("aria-busy");
    }
  }

  function show(html, act) {
    const parsed = new DOMParser().parseFromString(html, "text/html");
    const focused = document.activeElement?.id;
    for (const id of PARTS) document.getElementById(id).replaceWith(parsed.getElementById(id));
    (focused && document.getElementById(focused) ? document.getElementById(focused) : landing(act))?.focus();
  }

  // After a button that is gone with its line: the new line, or the group it stood in.
  function landing(act) {
    const [verb, path] = act.split("|");
    if (verb === "update" || path === undefined) return null;
    if (verb in STEPS) return mover(verb, path);
    const group = document.getElementById(verb === "add" || verb === "test" ? place(path) : place(parent(path)));
    const fields = group?.querySelectorAll("select, input:not([type=hidden])") ?? [];
    return verb === "add" ? newest(group) : fields[0];
  }

  // A moved line takes its button along, so that it can be pressed again.
  function mover(verb, path) {
    const moved = [...path.split(".").slice(0, -1), Number(path.split(".").pop()) + STEPS[verb]].join(".");
    const buttons = ["up", "down"].map((name) => form.querySelector(`[name=act][value="${name}|${moved}"]`));
    return buttons.find((button) => button?.value.startsWith(verb) && !button.disabled) ?? buttons.find((one) => one && !one.disabled);
  }

  const place = (path) => (path ? "n-" + path.replaceAll(".", "-") : "n");
  const parent = (path) => path.split(".").slice(0, -1).join(".");
  const newest = (group) => group?.querySelector(":scope > ol > li:last-child")?.querySelector("select, input:not([type=hidden])");

  function schedule() {
    clearTimeout(timer);
    if (!form.querySelector("#live").checked) return;
    timer = setTimeout(() => post("update"), Math.max(PAUSE, last + BETWEEN - Date.now()));
  }

  form.addEventListener("submit", (event) => {
    const act = event.submitter?.value ?? "update";
    if (act === "save" || act === "lines") return;
    event.preventDefault();
    post(act);
  });
  form.addEventListener("change", (event) => {
    if (event.target.id === "live") form.querySelector("[name=count]").value = event.target.checked ? "on" : "off";
    if (event.target.matches("[data-shapes]")) post("update");
    else schedule();
  });
  form.addEventListener("input", schedule);
})();
