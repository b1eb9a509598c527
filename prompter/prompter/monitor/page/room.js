// Everybody, as the server told it: whole at first, then what changed.
const KEPT_MS = 31 * 60 * 1000;
const BIN_MS = 15000;

export class Room {
  rows = new Map();
  status = { study: '', position: null, behind: 0, reading: null, trouble: '', totals: null, closeup: null };
  offset = 0; // ms by which the server's clock is ahead of this one
  heard = 0; // by this clock

  // What the server's clock shows now, ms since the epoch.
  get now() {
    return Date.now() + this.offset;
  }

  // Takes a message; tells which rows changed, and whether there are others than before.
  take(message) {
    const { rows = {}, gone = [], whole = false, now, ...rest } = message;
    const before = whole ? new Set(this.rows.keys()) : new Set();
    if (whole) this.status = { ...this.status, position: null };
    this.offset = now - Date.now();
    this.heard = Date.now();
    const changed = new Set();
    let others = gone.length > 0;
    for (const [id, fields] of Object.entries(rows)) {
      const known = whole ? undefined : this.rows.get(id);
      others ||= !this.rows.has(id);
      const bins = { ...known?.bins, ...fields.bins };
      for (const bin of Object.keys(bins)) if (bin * BIN_MS < now - KEPT_MS) delete bins[bin];
      this.rows.set(id, { ...known, ...fields, bins });
      before.delete(id);
      changed.add(id);
    }
    for (const id of [...gone, ...before]) {
      this.rows.delete(id);
      others = true;
    }
    Object.assign(this.status, rest);
    return { changed, others, whole, rest };
  }

  // All alarms, the worst first, then the newest.
  alarms(rank) {
    return [...this.rows.values()]
      .flatMap(row => row.alarms.map(alarm => ({ row, alarm })))
      .sort((a, b) => rank[a.alarm.kind] - rank[b.alarm.kind] || b.alarm.at - a.alarm.at);
  }
}
