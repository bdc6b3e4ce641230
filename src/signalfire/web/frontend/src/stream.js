// The two channels: the picture by WebSocket (latest wins), warnings by server-sent events (lossless).

const RETRY_MS = [250, 500, 1000, 2000];
const SILENCE_MS = 4000;

export class PictureStream {
  constructor(store, onChange) {
    this.store = store;
    this.onChange = onChange;
    this.failures = 0;
    this.open();
    setInterval(() => this.watch(), 1000);
  }

  open() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/picture`);
    this.socket = socket;
    this.heardAt = performance.now();
    this.isAsking = false;
    socket.onmessage = (message) => {
      this.heardAt = performance.now();
      this.failures = 0;
      this.store.connected = true;
      const frame = JSON.parse(message.data);
      if (this.store.take(frame)) this.isAsking = false;
      else if (!this.isAsking) {
        this.isAsking = true;
        socket.send('{"do":"snapshot"}');
      }
      this.onChange();
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.store.connected = false;
      this.onChange();
      const wait = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)];
      setTimeout(() => this.open(), wait);
    };
  }

  // A server that was stopped keeps the connection and says nothing.
  watch() {
    if (this.socket.readyState === WebSocket.OPEN && performance.now() - this.heardAt > SILENCE_MS) {
      this.socket.close();
      this.heardAt = performance.now();
    }
  }
}

export class WarningStream {
  constructor(store, onChange) {
    this.store = store;
    this.onChange = onChange;
    this.last = null;
    this.open();
    // An EventSource gives up for good on any answer but 200, so it is watched.
    setInterval(() => {
      if (this.source.readyState === EventSource.CLOSED) this.open();
    }, 2000);
  }

  open() {
    const after = this.last ? `?after=${encodeURIComponent(this.last)}` : "";
    this.source = new EventSource(`/warnings${after}`);
    this.source.onopen = () => {
      this.store.warningsConnected = true;
      this.onChange();
    };
    this.source.onerror = () => {
      this.store.warningsConnected = false;
      this.onChange();
    };
    this.source.onmessage = (message) => {
      const [run, position] = message.lastEventId.split(":");
      this.last = message.lastEventId;
      this.store.takeWarning(run, Number(position), JSON.parse(message.data));
      this.onChange();
    };
  }
}
