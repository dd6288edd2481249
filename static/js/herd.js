/** How the herd is: asked of this server, which asks the others. */

const EVERY = 3000; // ms, with a page in sight
const PATIENCE = 6000; // ms for an answer
const AFTER_REFUSAL = 60_000; // ms: a server that has no /herd will not grow one soon

/**
 * @typedef {{peer: string, up: boolean, heard?: boolean, lag?: number, acknowledged?: number, since?: unknown}} Link
 * @typedef {{server?: string, life?: string, clients?: number, number?: number, clock_off?: number | null, links?: Link[], error?: string}} Server
 * @typedef {{names: string[], servers: Map<string, Server>, edges: Edge[]}} Herd
 * @typedef {{one: string, other: string, up: boolean, lag: number | null}} Edge
 */

/**
 * Ask for ever.
 * @param {(herd: Herd | null) => void} onHerd null where the server does not say
 * @param {() => void} onSilence it does not answer at all
 */
export function watchHerd(onHerd, onSilence) {
  let timer = 0;
  let asking = false;
  const ask = async () => {
    clearTimeout(timer);
    let wait = EVERY;
    if (!document.hidden && !asking) {
      asking = true;
      try {
        const answer = await fetch("/herd?all=1", {
          headers: {Accept: "application/json"},
          signal: AbortSignal.timeout(PATIENCE),
        });
        if (!answer.ok) throw new Error(String(answer.status));
        onHerd(merge(await answer.json()));
      } catch (problem) {
        onHerd(null);
        const status = problem instanceof Error ? Number(problem.message) : NaN;
        if (status === 404) wait = AFTER_REFUSAL;
        if (status === 401) location.reload(); // its login has ended: that leads to a new one
        if (Number.isNaN(status)) onSilence();
      }
      asking = false;
    }
    timer = window.setTimeout(ask, wait);
  };
  document.addEventListener("visibilitychange", () => document.hidden || ask());
  ask();
}

/** One view of all servers: a link is up where nobody who can be asked says otherwise. @param {any} said @returns {Herd} */
export function merge(said) {
  /** @type {Map<string, Server>} */
  const servers = new Map([[said.server, said], ...Object.entries(said.servers ?? {})]);
  /** @type {Map<string, Edge>} */
  const edges = new Map();
  for (const [name, server] of [...servers]) {
    for (const {peer, up, lag} of server.links ?? []) {
      if (!servers.has(peer)) servers.set(peer, {error: "nobody could ask it"});
      const [one, other] = [name, peer].sort();
      const key = `${one} ${other}`;
      const known = edges.get(key) ?? {one, other, up: true, lag: null};
      edges.set(key, {...known, up: known.up && up, lag: worse(known.lag, lag)});
    }
  }
  return {
    names: [...servers.keys()].sort(),
    servers,
    edges: [...edges.values()].sort((a, b) => (a.one + a.other < b.one + b.other ? -1 : 1)),
  };
}

/** @param {number | null} one @param {number | undefined} other */
const worse = (one, other) => (other === undefined || other === null ? one : Math.max(one ?? 0, other));

/** "5 of 5 servers, 6 of 6 links". @param {Herd} herd */
export function inWords({names, servers, edges}) {
  if (names.length === 1) return "1 server";
  const up = names.filter((name) => !servers.get(name)?.error).length;
  return `${up} of ${names.length} servers, ${edges.filter((edge) => edge.up).length} of ${edges.length} links`;
}
