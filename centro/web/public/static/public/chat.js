// Look for what was answered while the page is seen; nothing is sent back when nothing is new.
const chat = document.querySelector("[data-chat]");
const EVERY = 5000;

async function look() {
  if (document.hidden || !chat) return;
  const seen = chat.querySelector("[data-mark]").dataset.mark;
  const address = `${chat.dataset.chat}?visto=${encodeURIComponent(seen)}`;
  const answer = await fetch(address, { credentials: "same-origin" }).catch(() => null);
  if (answer?.status !== 200) return;
  chat.innerHTML = await answer.text();
  chat.scrollTop = chat.scrollHeight;
}

if (chat) {
  chat.scrollTop = chat.scrollHeight;
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
}
