// A socket emits no error after its close, but one that @mswjs/interceptors 0.45 has answered does: when a client aborts
// the response, say. undici has dropped its parser by then, and its listener would end the process.
import diagnostics from 'node:diagnostics_channel';

const seen = new WeakSet();

export function holdBackLateErrors() {
  diagnostics.subscribe('undici:client:sendHeaders', ({ socket }) => {
    if (seen.has(socket)) return;
    seen.add(socket);
    const { emit } = socket;
    let isClosed = false;
    socket.emit = function emitInOrder(name, ...given) {
      if (name === 'error' && isClosed) return false;
      isClosed ||= name === 'close';
      return emit.call(this, name, ...given);
    };
  });
}
