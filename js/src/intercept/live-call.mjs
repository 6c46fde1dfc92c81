// A call that went to the network: a copy of its answer, taken while the client reads, or how it failed [MODE-9].

export class LiveCall {
  #parts = [];
  #starts = [];
  #head;
  #isDone = false;
  #failure;

  constructor(call, socket, kindOf, forget) {
    Object.assign(this, { call, socket, kindOf, forget });
    call.stop = () => this.#stop();
    call.received = () => this.#parts.length;
    this.onError = (error) => { this.#failure ??= this.kindOf(error); };
    this.onClose = () => setImmediate(() => this.#closed()); // what has been received is read first
    socket.on('error', this.onError).on('close', this.onClose);
  }

  /** Copies an answer whose head is there. Does not wait for its body [MODE-10]. */
  receive(response) {
    const { status, statusText: reason, headers } = response;
    this.#head = { status, reason, headers: [...headers] };
    this.#starts = [this.call.started()];
    this.#copy(response.body);
  }

  async #copy(body) {
    try {
      for await (const chunk of body ?? []) {
        this.#parts.push(Buffer.from(chunk));
        this.#starts.push(this.call.started());
      }
    } catch (error) {
      this.#failure ??= this.kindOf(error);
      this.#finish({ stopped: true });
      return;
    }
    this.#finish({ stopped: false });
  }

  /** The connection is gone: the answer has come to its end, or will never come to it. */
  #closed() {
    if (!this.#head) this.#finish({});
    else this.#finish({ stopped: !this.#endsWithConnection });
  }

  /** Whether the end of the connection is the end of the body: neither a length nor chunks say where that is. */
  get #endsWithConnection() {
    const names = this.#head.headers.map(([name]) => name.toLowerCase());
    return !this.#failure && !names.includes('content-length') && !names.includes('transfer-encoding');
  }

  /** The cassette closes first [FAIL-11]: a client that reads on gets an error, as it does on replay. */
  #stop() {
    this.#finish({ stopped: true, open: true });
    this.socket.destroy(new Error('The cassette was closed while this response was read.'));
  }

  #finish(how) {
    if (this.#isDone) return;
    this.#isDone = true;
    this.socket.off('error', this.onError).off('close', this.onClose);
    this.forget();
    const bytes = Buffer.concat(this.#parts);
    // Who ends a body before its end may have read enough, so that is no failure.
    const failure = this.#head && this.#failure === 'cancelled' ? undefined : this.#failure;
    this.call.finish(this.#head ? { ...this.#head, bytes, parts: this.#parts, starts: this.#starts, ...how, failure }
      : { failure });
  }
}
