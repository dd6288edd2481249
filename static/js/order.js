/** Clients in the order that the list shows them; 100,000 are sorted in some ten milliseconds. */

const ROWS = 2 ** 21; // more than any herd keeps; with 32 bits of time above them a key stays a whole number
const NEWEST = 2 ** 32;

export class Order {
  /** @param {import("./clients.js").Clients} clients */
  constructor(clients) {
    this.clients = clients;
    this.ranksVersion = -1;
    this.ranks = new Uint32Array(0); // each row's place by name
  }

  /** The rows that are shown, sorted. @param {"heard" | "name" | "server"} by */
  sort(by) {
    const {end, here, shown, time, server, looks} = this.clients;
    const keys = new Float64Array(this.clients.count);
    const ranks = by === "heard" ? this.ranks : this.byName();
    const servers = [...looks.names].sort();
    const places = looks.names.map((name) => servers.indexOf(name));
    let found = 0;
    for (let row = 0; row < end; row++) {
      if (!here[row] || !shown[row] || !time[row]) continue;
      const first =
        by === "heard" ? NEWEST - 1 - time[row] : ranks[row] + (by === "server" ? places[server[row]] * ROWS : 0);
      keys[found++] = first * ROWS + row;
    }
    return Uint32Array.from(keys.subarray(0, found).sort(), (key) => key % ROWS);
  }

  byName() {
    const {clients} = this;
    if (this.ranksVersion !== clients.namesVersion) {
      const rows = [...clients.rows.values()];
      const names = /** @type {string[]} */ (clients.names);
      rows.sort((one, other) => (names[one] < names[other] ? -1 : 1));
      this.ranks = new Uint32Array(clients.end);
      rows.forEach((row, place) => (this.ranks[row] = place));
      this.ranksVersion = clients.namesVersion;
    }
    return this.ranks;
  }
}
