// The keyboard of the operator's screen. Without it the form still works, button by button.

const form = document.getElementById("atencion");

function jump(target) {
  target.scrollIntoView({ block: "center" });
  target.focus();
  target.select?.();
}

// From a box of words to what it found: the marked answer, or the first.
function toGroup(name) {
  const found = [...form.querySelectorAll(`[name="${name}"]`)];
  (found.find((one) => one.checked) || found[0])?.focus();
}

if (form) {
  document.addEventListener("keydown", (event) => {
    const target = document.querySelector(`[data-jump="${CSS.escape(event.key)}"]`);
    if (target && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      jump(target);
      return;
    }
    const press = document.querySelector(`[data-press="${CSS.escape(event.key)}"]`);
    if (press && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      if (!form.dataset.sent) form.requestSubmit(press);
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!form.dataset.sent) form.requestSubmit(form.querySelector("[data-submit-key]"));
    } else if (event.key === "Enter" && event.target.matches("#atencion input:not([type=checkbox])")) {
      // Enter never sends the form: it goes on to the answers found, or to the next field.
      event.preventDefault();
      if (event.target.dataset.group) toGroup(event.target.dataset.group);
    } else if (event.key === "Escape" && event.target.matches("input, textarea, select")) {
      event.target.blur();
    }
  });

  // An answer on its way while somebody marks a service must not take the mark away.
  let marked = "";
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "servicios")
      marked = form.querySelector("[name=service]:checked")?.value || "";
  });
  document.addEventListener("htmx:afterSwap", () => {
    const again = marked && form.querySelector(`[name=service][value="${CSS.escape(marked)}"]`);
    if (again) again.checked = true;
  });

  // A pin on the map is a place like any other: its coordinates are looked up.
  document.addEventListener("map:place", () => {
    const where = document.getElementById("id_where");
    where.value = `${document.getElementById("pin-lat").value}, ${document.getElementById("pin-lon").value}`;
    where.dispatchEvent(new Event("input", { bubbles: true }));
  });
  // While a connection is away the draft waits: say so, and keep trying when it comes back.
  addEventListener("online", () => form.dispatchEvent(new Event("input", { bubbles: true })));
}

// How long this has taken, so that nobody needs to watch the clock.
const since = document.querySelector("[data-since]");
if (since) {
  const start = Date.parse(since.dataset.since);
  const say = () => {
    const seconds = Math.max(0, Math.floor((Date.now() - start) / 1000));
    since.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  };
  say();
  setInterval(say, 1000);
}
