// Conversations that move by themselves, and their keyboard. Without it every button still works.

const EVERY = 5000;
const bell = () => document.getElementById("vivo");

// Only a tab that is looked at asks; one that comes back asks at once.
function ring() {
  if (document.visibilityState === "visible") bell()?.dispatchEvent(new Event("tick"));
}
if (bell()) {
  setInterval(ring, EVERY);
  document.addEventListener("visibilitychange", ring);
}
// A poll that failed is tried again in a moment: it must not speak of a fault.
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    if (event.detail?.elt?.id === "vivo") event.stopImmediatePropagation();
  }, true);
}

// What somebody opened stays open, and what had the focus keeps it, when a part is drawn anew.
let open = [];
let focused = "";
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const target = event.detail.target;
  open = [...target.querySelectorAll("details[id][open]")].map((one) => one.id);
  const active = document.activeElement;
  focused = active?.id && target.contains(active) ? active.id : "";
});
document.addEventListener("htmx:oobAfterSwap", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus();
});

const answer = document.querySelector("[data-reply]");
const writing = document.getElementById("escribe");
let typed_at = 0;

if (answer) {
  // The talk is read from its end.
  const last = document.querySelector("#charla > li:last-child");
  if (last && !location.hash && !document.querySelector("[data-focus]")) last.scrollIntoView({ block: "center" });

  answer.addEventListener("input", () => {
    typed_at = Date.now();
    if (writing && !writing.value) {
      writing.value = "1";
      ring();
    }
  });
  setInterval(() => {
    if (writing && (Date.now() - typed_at > 20000 || !answer.value.trim())) writing.value = "";
  }, EVERY);

  const picker = document.querySelector("[data-picker]");
  answer.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!answer.form.dataset.sent) answer.form.requestSubmit(answer.form.querySelector("[data-send]"));
    } else if (event.key === "/" && !answer.value && picker) {
      event.preventDefault();
      picker.open = true;
      picker.querySelector("a")?.focus();
    } else if (event.key === "Escape") answer.blur();
  });
  // A ready answer goes in where the cursor is; arrows choose, Enter takes.
  picker?.addEventListener("click", (event) => {
    const chosen = event.target.closest("a[data-text]");
    if (!chosen) return;
    event.preventDefault();
    picker.open = false;
    answer.setRangeText(chosen.dataset.text, answer.selectionStart, answer.selectionEnd, "end");
    answer.dispatchEvent(new Event("input", { bubbles: true }));
    const blank = answer.value.search(/\{[a-z]+\}/);
    answer.focus();
    if (blank >= 0) answer.setSelectionRange(blank, answer.value.indexOf("}", blank) + 1);
  });
  picker?.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...picker.querySelectorAll("a[data-text]")];
    const at = all.indexOf(document.activeElement);
    all[(at + step + all.length) % all.length].focus();
  });
}

// A key that writes in a folded box opens it first.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const box = document.querySelector(`details:not([open]) [data-key="${CSS.escape(event.key)}"]`);
  const fold = box?.closest("details");
  if (!fold || fold.hasAttribute("data-menu") || box.matches("summary")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  fold.open = true;
  box.focus();
}, true);
