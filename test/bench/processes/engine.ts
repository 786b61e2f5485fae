// One process of the measured system: a coordinator or a worker.
import { Engine, type Role } from "heddle";
import { noop, workflows } from "../definitions.js";

const {
  REDIS_URL: url = "",
  BENCH_NAMESPACE: namespace = "",
  BENCH_ROLE: role = "coordinator",
} = process.env;
const engine = await Engine.create({
  url,
  namespace,
  roles: [role as Role],
  workflows,
  activities: [noop],
  concurrency: 200,
});
console.log("ready");
process.on("SIGTERM", () => void engine.shutdown().then(() => process.exit(0)));
