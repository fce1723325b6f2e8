// The panel of an import is fetched every two seconds while it is at work, and announced by its live region.
// When it is at work no more, the page is loaded anew. Without this script a link does the same.
(() => {
  const place = document.querySelector("[data-poll]");
  if (!place) return;
  const panel = () => place.querySelector("[data-active]");
  const isActive = () => panel()?.dataset.active === "yes";
  const step = panel()?.dataset.step;

  async function look() {
    if (document.hidden) return;
    const answer = await fetch(place.dataset.poll, { redirect: "manual" }).catch(() => null);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-active]");
    if (!fresh || fresh.dataset.active !== "yes" || fresh.dataset.step !== step) return location.replace(place.dataset.page);
    update(fresh);
  }

  // Only what changed is put in place, so that buttons keep their focus and the live region speaks once.
  function update(fresh) {
    panel().querySelector("progress").value = fresh.querySelector("progress").value;
    for (const part of ["[role=status]", ".k-lines"]) {
      const [old, now] = [panel().querySelector(part), fresh.querySelector(part)];
      if (old && now && old.innerHTML !== now.innerHTML) old.innerHTML = now.innerHTML;
    }
  }

  if (isActive()) setInterval(look, 2000);
})();
