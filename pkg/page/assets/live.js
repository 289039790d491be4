// live.js keeps a connection to /events open while the page can be seen, and opens it
// again for as long as it takes.
//
// Why not always: a browser has six connections to a server (HTTP/1.1) for all its tabs.
// Six tabs that wait for events would leave none to load anything.

import { alive, machines } from "./api.js";

// silence is how long nothing may arrive before the server is asked whether it is still
// there: a connection that a network has dropped looks like a quiet one.
const silence = 25000;

// connect calls the handlers with what happens:
//
//   up(again)      connected; again is true if the connection had been lost
//   down()         the connection is lost; it is being tried again
//   denied()       the server answers, but not to this browser: it is not signed in
//   stream(state)  the state of the stream
//   status(change) a status has changed
//   reset()        events were missed: all that is shown must be read again
export function connect(handlers) {
  let source = null;
  let lastId = "";
  let lastSeen = Date.now();
  let lost = false;
  let wait = 1000;
  let timer = 0; // of the next attempt

  const seen = (e) => {
    lastSeen = Date.now();
    if (e?.lastEventId) lastId = e.lastEventId;
  };
  const down = () => {
    if (!lost) handlers.down();
    lost = true;
  };
  const open = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
    if (document.hidden) return;
    const q = new URLSearchParams({ types: "status,stream" });
    if (lastId) q.set("last_event_id", lastId);
    source = new EventSource(`/events?${q}`);
    source.onopen = () => {
      seen();
      wait = 1000;
      handlers.up(lost);
      lost = false;
    };
    source.onerror = () => {
      down();
      // A browser gives up for good after an answer that is not a stream of events.
      if (source.readyState !== EventSource.CLOSED) return;
      clearTimeout(timer);
      timer = setTimeout(open, wait);
      wait = Math.min(wait * 2, 15000);
      machines().catch((e) => e.status === 401 && handlers.denied());
    };
    source.addEventListener("stream", (e) => {
      seen(e);
      handlers.stream(JSON.parse(e.data));
    });
    source.addEventListener("status", (e) => {
      seen(e);
      handlers.status(JSON.parse(e.data));
    });
    source.addEventListener("reset", (e) => {
      seen(e);
      handlers.reset();
    });
  };
  open();
  document.addEventListener("visibilitychange", open);
  setInterval(async () => {
    if (lost || document.hidden || Date.now() - lastSeen < silence) return;
    lastSeen = Date.now();
    if (await alive()) return;
    down();
    open();
  }, 5000);
}
