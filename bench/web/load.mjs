// Has autocannon send what a line of JSON on standard input says, and answers with a line: what came back, and how long
// each request took. One job after the other, until there are no more.
import autocannon from 'autocannon'
import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'

const keyed = request => ({ ...request, headers: { ...request.headers, 'idempotency-key': randomUUID() } })

function requestsOf(job, client) {
  // Each client begins at another place of the list; of commands it has one instruction of its own.
  const share = Math.ceil(job.paths.length / job.connections)
  const paths = job.body === null
    ? [...job.paths.slice(client * share), ...job.paths.slice(0, client * share)]
    : [job.paths[client % job.paths.length]]
  const how = job.body === null ? { method: 'GET' } : { method: 'POST', body: job.body, setupRequest: keyed }
  return paths.map(path => ({ ...how, path, headers: job.headers }))
}

async function run(job) {
  const took = []
  let client = 0
  const load = {
    url: job.url,
    connections: job.connections,
    timeout: 60,
    headers: job.headers,
    setupClient: one => one.setRequests(requestsOf(job, client++)),
    ...(job.amount === null ? { duration: job.seconds } : { amount: job.amount })
  }
  const began = performance.now()
  const found = await new Promise((resolve, reject) => {
    const running = autocannon(load, (error, result) => error ? reject(error) : resolve(result))
    running.on('response', (_client, _status, _bytes, milliseconds) => took.push(milliseconds))
  })
  const seconds = (performance.now() - began) / 1000
  return {
    took_ms: took.map(one => Math.round(one * 1000) / 1000),
    seconds,
    errors: found.errors + found.timeouts,
    statuses: Object.fromEntries(Object.entries(found.statusCodeStats).map(([code, { count }]) => [code, count])),
    bytes: found.throughput.total
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await run(JSON.parse(line))))
}
