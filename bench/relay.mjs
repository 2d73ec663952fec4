// A TCP relay that makes loopback as slow as a network: each direction takes half the round trip.
import net from 'node:net';

/**
 * Listens on `host:443` and passes everything on to a Unix socket.
 *
 * Loopback connects at once, where a network takes one round trip; so the first bytes of a client are held back for as
 * long as its handshake would have taken. What the client sees is the same, as it speaks first in TLS.
 *
 * @param network holds `roundTrip` in milliseconds, read anew for every chunk, and counts `connections`
 */
export async function startRelay(host, socketPath, network) {
  const server = net.createServer({ noDelay: true }, (client) => {
    network.connections += 1;
    const upstream = net.connect(socketPath);
    const connected = performance.now() + network.roundTrip;
    pass(client, upstream, () => Math.max(performance.now(), connected) + network.roundTrip / 2);
    pass(upstream, client, () => performance.now() + network.roundTrip / 2);
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(443, host, resolve));
  return server;
}

/** Passes chunks and the end on, in order, each when it is due. */
function pass(from, to, dueTime) {
  const queue = [];
  let timer;
  const flush = () => {
    timer = undefined;
    // Timers count in whole milliseconds: what is due within half of one is due.
    while (queue.length > 0 && queue[0].due - performance.now() < 0.5) queue.shift().deliver();
    if (queue.length > 0) timer = setTimeout(flush, Math.max(0, queue[0].due - performance.now() - 0.5));
  };
  const enqueue = (deliver) => {
    queue.push({ due: dueTime(), deliver });
    if (timer === undefined) flush();
  };
  from.on('data', (chunk) => enqueue(() => to.write(chunk)));
  from.on('end', () => enqueue(() => to.end()));
  from.on('error', () => to.destroy());
  from.on('close', () => enqueue(() => to.destroySoon()));
}
