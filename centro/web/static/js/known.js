// While somebody tells what happened: is it something that the service knows already?
// The words travel in a POST, so that no log keeps them. Without scripts the next page says it.

const form = document.querySelector("form[data-known]");
const area = form?.querySelector("textarea");

if (area) {
  const place = document.createElement("div");
  place.setAttribute("aria-live", "polite");
  form.before(place);
  let waiting = 0;
  let asked = "";
  const ask = async () => {
    const words = area.value.trim();
    if (words.length < 6 || words === asked) return;
    asked = words;
    const body = new FormData();
    body.set("description", words);
    body.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
    try {
      const answer = await fetch(form.dataset.known, { method: "POST", body });
      if (!answer.ok || words !== area.value.trim()) return;
      document.querySelectorAll(".knowns").forEach((shown) => shown.remove());
      place.innerHTML = await answer.text();
    } catch {
      // Without a connection nothing is lost: the next page tells it.
    }
  };
  area.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 700);
  });
}
