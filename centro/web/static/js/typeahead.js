// A text box that proposes (ARIA 1.2 combobox, list autocomplete).
//   <div class="combo" data-combo="/address/?q=">   answers [{value, label, hint?, url?}]
//     <input type="text" name="q" …>                 what is typed
//     <input type="hidden" name="chosen">             what was chosen (optional)
//   </div>
// Without scripts the text box is an ordinary one and the server looks the words up.
// A choice fires "combo:pick" (detail: the item) and, if the item has a url, goes there.

const WAIT = 180;
let serial = 0;

export function combo(box) {
  if (box.dataset.ready) return;
  box.dataset.ready = "yes";
  const input = box.querySelector("input:not([type=hidden])");
  const chosen = box.querySelector("input[type=hidden]");
  const list = document.createElement("ul");
  const said = document.createElement("p");
  const id = `lista-${(serial += 1)}`;
  let items = [];
  let at = -1;
  let timer = 0;
  let asked = 0;

  list.id = id;
  list.className = "listbox";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", box.dataset.label || input.labels?.[0]?.textContent.trim() || "");
  list.hidden = true;
  said.className = "hidden-look";
  said.setAttribute("role", "status");
  box.append(list, said);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", id);
  input.autocomplete = "off";

  function close() {
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(next) {
    const options = list.children;
    options[at]?.setAttribute("aria-selected", "false");
    at = (next + items.length) % items.length;
    options[at].setAttribute("aria-selected", "true");
    options[at].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[at].id);
  }

  function pick(index) {
    const item = items[index];
    close();
    input.value = item.label;
    if (chosen) {
      chosen.value = item.value;
      chosen.dispatchEvent(new Event("change", { bubbles: true }));
    }
    box.dispatchEvent(new CustomEvent("combo:pick", { bubbles: true, detail: item }));
    if (item.url) location.assign(item.url);
  }

  function show() {
    list.replaceChildren(
      ...items.map((item, index) => {
        const option = document.createElement("li");
        option.id = `${id}-${index}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.append(Object.assign(document.createElement("span"), { textContent: item.label }));
        if (item.hint) option.append(Object.assign(document.createElement("small"), { textContent: item.hint }));
        option.addEventListener("mousedown", (event) => { event.preventDefault(); pick(index); });
        return option;
      }),
    );
    list.hidden = items.length === 0;
    at = -1;
    input.setAttribute("aria-expanded", String(items.length > 0));
    said.textContent = items.length ? `${items.length}` : "0";
  }

  async function ask() {
    const words = input.value.trim();
    const mine = (asked += 1);
    if (words.length < 2) return close();
    try {
      const answer = await fetch(box.dataset.combo + encodeURIComponent(words), { headers: { Accept: "application/json" } });
      if (!answer.ok || mine !== asked) return;
      items = await answer.json();
      show();
    } catch {
      close();
    }
  }

  input.addEventListener("input", () => {
    if (chosen) chosen.value = "";
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    const open = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) ask();
      else mark(event.key === "ArrowDown" ? at + 1 : at === -1 ? -1 : at - 1);
    } else if (event.key === "Enter" && open && at >= 0) {
      event.preventDefault();
      pick(at);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  });
  input.addEventListener("blur", () => setTimeout(close, 120));
}

const all = (root) => root.querySelectorAll("[data-combo]").forEach(combo);
all(document);
document.addEventListener("htmx:load", (event) => { if (event.target.querySelectorAll) all(event.target); });
