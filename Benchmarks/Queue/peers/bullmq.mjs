// BullMQ for Node, driven by peer_bullmqjs.py: node bullmq.mjs submit | work STAGE
import fs from 'node:fs'
import readline from 'node:readline'
import { createRequire } from 'node:module'

const require = createRequire(process.env.BULLMQ_HOME + '/')
const { Queue, Worker } = require('bullmq')
const Redis = require('ioredis')
const { QUEUE_PORT, QUEUE_MARKS, QUEUE_COUNT, QUEUE_SIZE } = process.env
const payload = 'what was said in a video, as a fetcher would hand it over '.repeat(400).slice(0, +QUEUE_SIZE)
const options = { removeOnComplete: true, attempts: 3 }
const connection = () => new Redis({ host: '127.0.0.1', port: +QUEUE_PORT, maxRetriesPerRequest: null })
const seconds = () => Number(process.hrtime.bigint()) / 1e9

if (process.argv[2] === 'submit') {
  const queue = new Queue('fetch', { connection: connection() })
  await queue.waitUntilReady()
  console.log('ready')
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [first, end] = line.split(' ').map(Number)
    for (let start = first; start < end; start += 1000) {
      await queue.addBulk(Array.from({ length: Math.min(1000, end - start) }, (_, k) => ({
        name: 'fetch', opts: options,
        data: { number: start + k, video: 'v' + String(start + k).padStart(10, '0'), playlist: 'PLbench-0123456789', language: 'en' },
      })))
    }
    console.log('done')
  }
} else {
  const marks = fs.openSync(QUEUE_MARKS, 'r+'), eight = Buffer.alloc(8), one = Buffer.alloc(1)
  const done = number => {
    eight.writeDoubleLE(seconds())
    fs.writeSync(marks, eight, 0, 8, number * 8)
    fs.readSync(marks, one, 0, 1, QUEUE_COUNT * 8 + number)
    one[0]++
    fs.writeSync(marks, one, 0, 1, QUEUE_COUNT * 8 + number)
  }
  const following = new Queue('index', { connection: connection() })
  const stages = {
    fetch: job => following.add('index', { ...job.data, payload }, options),
    index: async job => done(job.data.number),
  }
  new Worker(process.argv[3], stages[process.argv[3]], { connection: connection(), concurrency: 50 })
}
