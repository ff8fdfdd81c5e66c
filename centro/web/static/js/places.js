// Province → district → corregimiento: each list is filled from what was chosen in the one before.
// Without scripts a button of the form does the same. The pin of the map and the lists agree: who
// changes a list takes the pin away, and a pin empties the lists.
const box = document.querySelector("[data-places-from]");
const order = ["province", "district", "corregimiento"].map((name) => document.querySelector(`[data-places="${name}"]`));
const lat = document.getElementById("id_lat");
const lon = document.getElementById("id_lon");

document.querySelectorAll("[data-no-script]").forEach((element) => { element.hidden = true; });

function empty(select) {
  const first = select.options[0];
  select.replaceChildren(first);
  select.value = "";
}

async function fill(select, code) {
  empty(select);
  if (!code) return;
  try {
    const answer = await fetch(`${box.dataset.placesFrom}${code}/`);
    for (const { value, label } of await answer.json()) select.add(new Option(label, value));
  } catch {
    document.querySelectorAll("[data-no-script]").forEach((element) => { element.hidden = false; });
  }
}

order.forEach((select, index) => {
  select?.addEventListener("change", () => {
    lat.value = "";
    lon.value = "";
    document.dispatchEvent(new CustomEvent("map:clear"));
    order.slice(index + 2).forEach(empty);
    if (order[index + 1]) fill(order[index + 1], select.value);
  });
});

document.addEventListener("map:place", () => {
  order[0].value = "";
  order.slice(1).forEach(empty);
});

// A corregimiento or district chosen by typing is chosen in the lists too.
document.addEventListener("combo:pick", async ({ detail: item }) => {
  if (item.pin || !item.path) return;
  document.querySelector("[data-lists]").open = true;
  lat.value = "";
  lon.value = "";
  document.dispatchEvent(new CustomEvent("map:clear"));
  for (const [index, code] of item.path.entries()) {
    if (index > 0) await fill(order[index], item.path[index - 1]);
    order[index].value = code;
  }
  if (order[item.path.length]) await fill(order[item.path.length], item.path.at(-1));
});
