// Shows the chosen photos at once and makes them smaller before they travel: a telephone's photo of
// 5 MB costs the sender money. The server checks and re-encodes whatever arrives.

const LONGEST = 2048;

async function smaller(file) {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < 600_000) return file;
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    if (!blob || blob.size >= file.size) return file;
    return new File([blob], file.name.replace(/\.\w+$/, ".jpg"), { type: "image/jpeg" });
  } catch {
    return file;
  }
}

function preview(input) {
  if (input.dataset.ready) return;
  input.dataset.ready = "yes";
  const shown = document.createElement("ul");
  shown.className = "photos";
  input.after(shown);
  input.addEventListener("change", async () => {
    const files = await Promise.all([...input.files].map(smaller));
    try {
      const kept = new DataTransfer();
      files.forEach((file) => kept.items.add(file));
      input.files = kept.files;
    } catch {
      // An old browser sends the originals.
    }
    shown.replaceChildren(
      ...(await Promise.all(files.map(async (file) => {
        const picture = document.createElement("img");
        picture.alt = file.name;
        picture.src = await new Promise((done) => {
          const reader = new FileReader();
          reader.onload = () => done(reader.result);
          reader.readAsDataURL(file);
        });
        const item = document.createElement("li");
        item.append(picture);
        return item;
      }))),
    );
  });
}

const all = (root) => root.querySelectorAll("input[type=file][data-photos]").forEach(preview);
all(document);
document.addEventListener("htmx:load", (event) => all(event.detail.elt));
