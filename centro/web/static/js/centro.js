// Small comforts for every page. Each one is extra: without it the page still works.

// A second click on a button that was already pressed sends nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  const button = event.submitter;
  if (button) {
    button.dataset.busy = "";
    button.setAttribute("aria-disabled", "true");
  }
  setTimeout(() => rest(form), 15000);
});
// Coming back with the browser's button must find a form that can be sent again.
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(rest);
});

function rest(form) {
  delete form.dataset.sent;
  form.querySelectorAll("[data-busy]").forEach((button) => {
    delete button.dataset.busy;
    button.removeAttribute("aria-disabled");
  });
}

// Skipping leaves no "#" in the address: it would travel through every form and steal the focus.
document.querySelector("a.skip")?.addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("contenido")?.focus();
});

// Where something went wrong, begin there.
document.querySelector("[data-focus]")?.focus();

document.addEventListener("click", (event) => {
  const target = event.target.closest?.("[data-dialog], [data-close], [data-print], [data-copy]");
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  if (!target) return;
  if (target.dataset.dialog) {
    const dialog = document.getElementById(target.dataset.dialog);
    if (dialog?.showModal) {
      event.preventDefault();
      dialog.showModal();
    }
  } else if (target.hasAttribute("data-close")) {
    target.closest("dialog")?.close();
  } else if (target.hasAttribute("data-print")) {
    window.print();
  } else if (target.dataset.copy && navigator.clipboard) {
    navigator.clipboard.writeText(target.dataset.copy).then(() => {
      const words = target.querySelector("[data-copied]");
      if (words) words.textContent = words.dataset.copied;
    });
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement?.closest("details[data-menu][open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// What can only work with scripts is shown only with scripts.
const reveal = (root) => root.querySelectorAll("[data-script]").forEach((element) => { element.hidden = false; });

// How many characters are left, once few are.
function count(area) {
  if (area.dataset.counted) return;
  area.dataset.counted = "yes";
  const left = document.createElement("p");
  left.className = "counter";
  left.setAttribute("aria-live", "polite");
  area.after(left);
  const say = () => {
    const n = area.maxLength - area.value.length;
    left.textContent = n <= area.maxLength / 5 ? `${n} / ${area.maxLength}` : "";
  };
  area.addEventListener("input", say);
  say();
}

function enrich(root) {
  reveal(root);
  root.querySelectorAll("textarea[maxlength]").forEach(count);
}
enrich(document);
document.addEventListener("htmx:load", (event) => enrich(event.detail.elt));

// What was typed survives a reload or a lost connection: kept in this tab, forgotten when sent.
document.querySelectorAll("form[data-keep]").forEach((form) => {
  const key = `keep:${form.dataset.keep}`;
  const fields = () => [...form.querySelectorAll("textarea, input[type=text], input:not([type])")].filter((f) => f.name);
  try {
    const kept = JSON.parse(sessionStorage.getItem(key) || "{}");
    fields().forEach((field) => { if (!field.value && kept[field.name]) field.value = kept[field.name]; });
    form.addEventListener("input", () => {
      sessionStorage.setItem(key, JSON.stringify(Object.fromEntries(fields().map((f) => [f.name, f.value]))));
    });
    form.addEventListener("submit", () => sessionStorage.removeItem(key));
  } catch {
    // Storage may be barred; then nothing is kept.
  }
});

// Selects that narrow one another (province → district → corregimiento) send their form at once.
document.querySelectorAll("select[data-submit]").forEach((select) => {
  select.addEventListener("change", () => select.form.requestSubmit(select.form.querySelector(`[name="${select.dataset.submit}"]`)));
});
