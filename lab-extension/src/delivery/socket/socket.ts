/** A socket as the stream needs it, and the browser's own as one. */

import { SUBPROTOCOL } from '../../protocol';

export interface SocketEvents {
  opened: () => void;
  received: (data: unknown) => void;
  closed: (code: number) => void;
}

export interface Socket {
  /** Throws, or does nothing, if the socket is not open. */
  send(bytes: Uint8Array): void;
  close(): void;
}

/** Begins to connect. May throw; otherwise ends with exactly one `closed`. */
export type OpenSocket = (events: SocketEvents) => Socket;

/** The browser's WebSocket to an address that may be another one at each attempt. */
export function browserSocket(
  WebSocketClass: typeof WebSocket,
  url: () => string
): OpenSocket {
  return events => {
    const socket = new WebSocketClass(url(), SUBPROTOCOL);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => events.opened();
    socket.onmessage = (event: MessageEvent<unknown>) =>
      events.received(event.data);
    socket.onclose = event => events.closed(event.code);
    return {
      send: bytes => socket.send(bytes),
      close: () => socket.close()
    };
  };
}
