// Runs the page's own script under Node: answers a list of jobs (JSON on stdin) with a list of results.
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";

const page = readFileSync(process.argv[2], "utf-8");
const scripts = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)];
if (scripts.length !== 1) { throw new Error("one script"); }
runInThisContext(scripts[0][1]);
const { sm3, verifies, examine, hex } = globalThis.Evidence;
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const acts = {
    sm3: (job) => hex(sm3(bytes(job.message))),
    sm2: (job) => verifies(bytes(job.key), bytes(job.signature), bytes(job.message)),
    examine: (job) => {
        const found = examine(bytes(job.pack));
        const failed = found.checks.find((each) => !each.holds);
        return { holds: found.holds, failed: failed ? failed.id : null, why: failed ? failed.why : null,
            fingerprint: found.fingerprint, status: found.statement && found.statement.certificate.status };
    },
};
const jobs = JSON.parse(readFileSync(0, "utf-8"));
process.stdout.write(JSON.stringify(jobs.map((job) => acts[job.act](job))));
