// Connections that were open before interception started lead to the network unseen: they are closed, not used.
import { AsyncResource } from 'node:async_hooks';
import diagnostics from 'node:diagnostics_channel';
import http from 'node:http';
import https from 'node:https';

export const OLDER = "This connection was opened before promptecho could see it. Put import 'promptecho/setup' first: "
  + 'before your code makes a request.';

/** `isOpen()`: whether a cassette is open. Handles are numbered as they are made, so a lower number is an older one. */
export function guardOlderConnections(isOpen) {
  const now = new AsyncResource('promptecho').asyncId();
  const isOlder = (socket) => (socket?._handle?.getAsyncId?.() ?? Infinity) < now;
  const refuse = (socket) => { if (isOpen() && isOlder(socket)) socket.destroy(new Error(OLDER)); };

  // undici publishes this before it writes the head of a request.
  diagnostics.subscribe('undici:client:sendHeaders', ({ socket }) => refuse(socket));
  // node:http hands a request its socket before it writes what was buffered.
  diagnostics.subscribe('http.client.request.start', ({ request }) => {
    if (request.socket) refuse(request.socket);
    else request.once('socket', refuse);
  });
  for (const agent of [http.globalAgent, https.globalAgent]) {
    for (const socket of Object.values(agent.freeSockets).flat()) socket.destroy();
  }
}
