// Changes that are not saved yet are kept in the browser, so that a closed page or an empty battery loses nothing.

const key = (camera) => `lotwise slots ${location.pathname} ${camera}`;

export const keep = (camera, content) => {
  try {
    if (content) localStorage.setItem(key(camera), JSON.stringify(content));
    else localStorage.removeItem(key(camera));
  } catch {
    // A browser that keeps nothing: the page still asks before it is closed.
  }
};

export const kept = (camera) => {
  try {
    return JSON.parse(localStorage.getItem(key(camera)));
  } catch {
    return null;
  }
};
