// What is asked of the server. Addresses are relative to the page's own, so that any reverse proxy will do.

const asked = (camera) => `../../api/v1/cameras/${encodeURIComponent(camera)}/slots`;

/** What the server refused, in its own words; `status` and `now` as it answered. */
export class Refused extends Error {
  constructor(message, status, now = null) {
    super(message);
    this.status = status;
    this.now = now;
  }
}

const ask = async (url, options = {}) => {
  let answer;
  const token = document.body.dataset.formToken; // A hub asks for it, where several people have signed in.
  const headers = { ...options.headers, ...(token ? { "Lotwise-Form": token } : {}) };
  try {
    answer = await fetch(url, { cache: "no-store", ...options, headers });
  } catch {
    throw new Refused("no answer; is it still running, and the network up?", 0);
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  throw new Refused(said.error ?? `answered ${answer.status}`, answer.status, said.now ?? null);
};

export const load = async (camera) => (await ask(asked(camera))).json();

export const save = async (camera, slots, version) =>
  (
    await ask(asked(camera), {
      method: "PUT",
      headers: { "Content-Type": "application/json", "If-Match": `"${version}"` },
      body: JSON.stringify({ slots }),
    })
  ).json();

export const tried = async (camera, slots) =>
  (
    await ask(`${asked(camera)}/try`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ slots }),
    })
  ).json();

/** A picture as a data address, with all that is known of it. */
export const picture = async (camera, number) => {
  const answer = await ask(`${asked(camera)}/pictures/${number}`);
  const about = JSON.parse(answer.headers.get("X-Picture"));
  const bytes = await answer.blob();
  const address = await new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(bytes);
  });
  return { ...about, address };
};

/** Slots of a file of another program; `hints`: picture, canvas, slot, of_camera. */
export const imported = async (camera, file, hints) =>
  (await ask(`${asked(camera)}/import?${new URLSearchParams({ name: file.name, ...hints })}`, { method: "POST", body: file })).json();
