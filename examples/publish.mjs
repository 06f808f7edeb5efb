// Publishes messages to the embedded nats-server of this checkout, to have something to lose:
//
//     node examples/publish.mjs results.demo 2000
//
// Subject, how many (default 1000), bytes each (default 4096).
import { readFileSync } from "node:fs";
import { connect } from "nats";

const [subject, count = "1000", size = "4096"] = process.argv.slice(2);
if (subject === undefined) {
  console.error("usage: node examples/publish.mjs <subject> [count] [bytes]");
  process.exit(2);
}

const endpoints = `${process.env.SLIPWAY_DIR ?? ".slipway"}/ground/endpoints.json`;
const connection = await connect({ servers: JSON.parse(readFileSync(endpoints, "utf8")).nats.url });
const jetstream = connection.jetstream();
const payload = new Uint8Array(Number(size));
for (let sent = 0; sent < Number(count); sent += 1) await jetstream.publish(subject, payload);
console.log(`${count} messages of ${size} bytes on ${subject}`);
await connection.close();
