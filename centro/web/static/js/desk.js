// The desk's own comforts: keys, marks on lists, and where the focus goes after a part was replaced.

const typing = (element) => element?.closest("input, textarea, select, [contenteditable]");

// data-key="n" on a link, button or field: press n to use it. "?" shows them all (dialog#teclas).
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "?") {
    const dialog = document.getElementById("teclas");
    if (dialog && !dialog.open) {
      list(dialog.querySelector("[data-keys]"));
      dialog.showModal();
      event.preventDefault();
    }
    return;
  }
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  if (typing(target) && !target.matches("[type=radio], [type=checkbox]")) {
    target.focus();
    target.select?.();
  } else target.click();
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.('[data-dialog="teclas"]')) list(document.querySelector("#teclas [data-keys]"));
});

function list(place) {
  if (!place) return;
  place.replaceChildren(
    ...[...document.querySelectorAll("[data-key]")].map((element) => {
      const item = document.createElement("li");
      const key = Object.assign(document.createElement("kbd"), { className: "kbd", textContent: element.dataset.key });
      const name = element.dataset.keyName || element.getAttribute("aria-label") || element.labels?.[0]?.textContent || element.textContent;
      item.append(key, ` ${name.trim()}`);
      return item;
    }),
  );
}

// On a narrow screen the strips scroll sideways: begin where one is.
document.querySelectorAll(".rail [aria-current], .tabs [aria-current]").forEach((here) => {
  const strip = here.closest(".rail__inner, .tabs");
  const beyond = here.getBoundingClientRect().right - strip.getBoundingClientRect().right;
  if (beyond > 0) strip.scrollLeft += beyond + 24;
});

// Moving through a list with j and k.
document.addEventListener("keydown", (event) => {
  if ((event.key !== "j" && event.key !== "k") || event.ctrlKey || event.metaKey || typing(event.target)) return;
  const rows = [...document.querySelectorAll("[data-row] a[data-row-link], a[data-row-link]")];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement);
  rows[Math.min(Math.max(at + (event.key === "j" ? 1 : -1), 0), rows.length - 1)].focus();
});

// One box marks all of its list: <input type="checkbox" data-all="name">.
document.addEventListener("change", (event) => {
  const name = event.target.dataset?.all;
  if (name) document.querySelectorAll(`input[name="${CSS.escape(name)}"]`).forEach((box) => { box.checked = event.target.checked; });
  const chosen = event.target.form?.querySelector("[data-chosen]");
  if (chosen) chosen.textContent = event.target.form.querySelectorAll("input[type=checkbox]:checked:not([data-all])").length;
});

// After htmx replaced a part: focus what asks for it, and say aloud what it announces.
document.addEventListener("htmx:load", (event) => {
  const part = event.detail.elt; // the new part, also when it took the place of the old one
  if (part === document.body) return;
  const wanted = part.matches?.("[data-focus]") ? part : part.querySelector?.("[data-focus], [autofocus]");
  wanted?.focus();
  const words = part.querySelector?.("[data-say]:not([data-map])")?.dataset.say;
  const live = document.getElementById("aviso");
  if (words && live) live.textContent = words;
});
// The server could not be reached or refused: say so where everyone sees it.
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    const live = document.getElementById("aviso");
    if (!live) return;
    live.className = "alert alert--danger";
    live.textContent = document.documentElement.lang === "en" ? "That could not be done. Nothing was lost: try again." : "No se pudo. No se perdió nada: intente otra vez.";
  });
}
