// What the page knows: the server's objects by key, the warnings by position, the server's clock.

export class Store {
  constructor() {
    this.clear();
    this.warnings = new Map();
    this.warningsRun = null;
    this.connected = false;
    this.warningsConnected = false;
    this.openedAt = performance.now();
    this.receivedAt = null;
  }

  clear() {
    this.run = null;
    this.sequence = null;
    this.now = null;
    this.feedAgeS = 0;
    this.hasEnded = false;
    this.nations = [];
    this.objects = new Map();
    this.tree = new Map();
  }

  // Follow one frame. False when frames are missing in between: a snapshot must be asked for.
  take(frame) {
    if (frame.type === "delta" && (this.run !== frame.run || frame.sequence !== this.sequence + 1)) {
      return false;
    }
    if (frame.run !== this.run) {
      this.clear();
      this.run = frame.run;
    }
    if (frame.type === "snapshot") this.objects = new Map();
    for (const [key, value] of Object.entries(frame.set)) this.objects.set(key, value);
    for (const key of frame.gone) this.objects.delete(key);
    this.sequence = frame.sequence;
    this.now = frame.now === null ? null : Date.parse(frame.now);
    this.feedAgeS = frame.feed_age_s;
    this.hasEnded = frame.has_ended;
    this.nations = frame.nations;
    this.receivedAt = performance.now();
    if (frame.type === "snapshot" || Object.keys(frame.set).length + frame.gone.length > 0) this.grow();
    return true;
  }

  takeWarning(run, position, warning) {
    if (run !== this.warningsRun) {
      this.warningsRun = run;
      this.warnings = new Map();
    }
    this.warnings.set(position, warning);
  }

  // The two channels reconnect each in its own time: warnings of another run are not of this picture.
  presentWarnings() {
    return this.run === null || this.warningsRun === this.run ? [...this.warnings.values()] : [];
  }

  // Events and links by nation, from the flat keys.
  grow() {
    const tree = new Map();
    const of = (nation) => {
      if (!tree.has(nation)) tree.set(nation, { events: new Map(), links: [], node: null });
      return tree.get(nation);
    };
    for (const [key, value] of this.objects) {
      const [nation, kind, event, view, part] = key.split("/");
      const branch = of(nation);
      if (kind === "link") branch.links.push(value);
      else if (kind === "node") branch.node = value;
      else if (kind === "view" || kind === "trail") {
        if (!branch.events.has(event)) branch.events.set(event, { id: event, views: new Map(), trails: new Map() });
        const found = branch.events.get(event);
        if (kind === "view") found.views.set(view, value);
        else {
          if (!found.trails.has(view)) found.trails.set(view, []);
          found.trails.get(view)[Number(part)] = value.points;
        }
      }
    }
    for (const { events } of tree.values()) {
      for (const event of events.values()) {
        for (const [view, parts] of event.trails) event.trails.set(view, parts.flat());
      }
    }
    this.tree = tree;
  }

  branch(nation) {
    return this.tree.get(nation) ?? { events: new Map(), links: [], node: null };
  }

  // Events that are still their own, the next impact first, over ones last.
  events(nation) {
    const all = [...this.branch(nation).events.values()].filter((event) => event.views.size > 0);
    const own = all.filter((event) => !leading(event).superseded_by);
    const rank = (event) => {
      const view = leading(event);
      const impact = view.impact.time ? Date.parse(view.impact.time) : Infinity;
      return [view.phase === "ended" ? 1 : 0, impact, event.id];
    };
    return own
      .map((event) => [rank(event), event])
      .sort(([a], [b]) => a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : 1))
      .map(([, event]) => event);
  }

  // Milliseconds since the last frame, or since the page opened.
  frameAgeMs() {
    return performance.now() - (this.receivedAt ?? this.openedAt);
  }
}

export function leading(event) {
  return event.views.get("common") ?? event.views.values().next().value;
}

// Chains of warning messages: [{nation, stream, issuer, messages: [line, ...]}], newest chains first.
export function chains(warnings, nation) {
  const byId = new Map();
  const found = [];
  for (const { nation: page, stream, issuer, line } of warnings) {
    if (page !== nation) continue;
    const before = line.references ? byId.get(`${stream}/${line.references}`) : undefined;
    const chain = before ?? { key: `${page}/${stream}/${line.id}`, stream, issuer, messages: [] };
    if (!before) found.push(chain);
    chain.messages.push(line);
    byId.set(`${stream}/${line.id}`, chain);
  }
  const isOver = (chain) => ["cancel", "all_clear"].includes(chain.messages.at(-1).status);
  return found.reverse().sort((a, b) => isOver(a) - isOver(b));
}
