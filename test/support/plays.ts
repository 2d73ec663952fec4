// What raw servers do with a connection, for tests of a network that breaks.
import type { Socket } from 'node:net';
import { pour } from './faults.ts';

/** What a server does with a connection, after the first bytes of a request. */
export type Play = (socket: Socket) => void;

/** Sends a text and ends. */
export const say =
  (text: string): Play =>
  (socket) =>
    socket.end(text);

/** Sends a text, and leaves the connection open. */
export const start =
  (text: string): Play =>
  (socket) =>
    socket.write(text);

/** Sends a text, then single bytes without end. */
export const drip =
  (text: string): Play =>
  (socket) => {
    socket.write(text);
    const timer = setInterval(() => socket.write('a'), 20);
    socket.on('close', () => clearInterval(timer));
  };

/** Sends a text, then a chunk as fast as it is read, without end. */
export const flood =
  (text: string, chunk: string): Play =>
  (socket) => {
    socket.write(text);
    pour(socket, Buffer.from(chunk.repeat(Math.ceil(65_536 / chunk.length))));
  };
