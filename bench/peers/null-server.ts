/**
 * A server that takes any body and does nothing with it: it shows what the sender alone can do.
 * `node bench/peers/null-server.ts <port>`
 */
import { createServer } from "node:net";

const ANSWER = "HTTP/1.1 204 No Content\r\n\r\n";
const HEAD_END = "\r\n\r\n";

createServer((socket) => {
  let head = "";
  let missing = 0;
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes) => {
    let from = 0;
    while (from < bytes.length) {
      if (missing === 0) {
        head += bytes.toString("latin1", from);
        const end = head.indexOf(HEAD_END);
        if (end < 0) return;
        const bodyFrom = bytes.length - (head.length - end - HEAD_END.length);
        missing = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
        head = "";
        from = bodyFrom;
      }
      const taken = Math.min(missing, bytes.length - from);
      missing -= taken;
      from += taken;
      if (missing === 0) socket.write(ANSWER);
    }
  });
}).listen(Number(process.argv[2]), "127.0.0.1");
