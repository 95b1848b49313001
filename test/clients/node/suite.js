// SPDX-License-Identifier: Apache-2.0
// The JavaScript SDK v3, unmodified: over HTTP/2 by prior knowledge (its default) and over HTTP/1.1.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import * as kinesis from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";

const { KinesisClient } = kinesis;
const MIB = 1 << 20;
const bytes = (text) => new TextEncoder().encode(text);

// send(client, "PutRecord", {...}): commands by their names.
const send = (client, name, input = {}) => client.send(new kinesis[`${name}Command`](input));

async function freshStream(client, input) {
  const StreamName = `js-${randomUUID()}`;
  await send(client, "CreateStream", { StreamName, ...input });
  await kinesis.waitUntilStreamExists({ client, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { StreamName });
  return StreamName;
}

// The next `count` records of a shard from a position.
async function read(client, StreamName, ShardId, count, position = { ShardIteratorType: "TRIM_HORIZON" }) {
  let { ShardIterator } = await send(client, "GetShardIterator", { StreamName, ShardId, ...position });
  const records = [];
  while (records.length < count) {
    const answer = await send(client, "GetRecords", { ShardIterator });
    records.push(...answer.Records);
    ShardIterator = answer.NextShardIterator;
  }
  return records;
}

const cases = {
  async "records come back as they were"(client) {
    const StreamName = await freshStream(client, { ShardCount: 2 });
    const blobs = [Uint8Array.of(0), bytes("ключ-é"), new Uint8Array(MIB - 256).fill(7)];
    const keys = ["a", "鍵-é", "k".repeat(256)];
    for (const [at, Data] of blobs.entries()) {
      const put = await send(client, "PutRecord", { StreamName, PartitionKey: keys[at], Data });
      const [record] = await read(client, StreamName, put.ShardId, 1, {
        ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber: put.SequenceNumber });
      assert.deepEqual(Buffer.from(record.Data), Buffer.from(Data));
      assert.equal(record.PartitionKey, keys[at]);
      assert.equal(record.SequenceNumber, put.SequenceNumber);
      assert.ok(Math.abs(record.ApproximateArrivalTimestamp - Date.now()) < 60_000);
    }
    await send(client, "DeleteStream", { StreamName });
  },
  async "ten mebibytes where the stream allows them"(client) {
    const StreamName = await freshStream(client, { ShardCount: 1, MaxRecordSizeInKiB: 10240 });
    const Data = new Uint8Array(10 * MIB - 8).fill(42);
    await send(client, "PutRecord", { StreamName, PartitionKey: "k", Data });
    const [record] = await read(client, StreamName, "shardId-000000000000", 1);
    assert.equal(record.Data.length, Data.length);
    await send(client, "DeleteStream", { StreamName });
  },
  async "batches and every iterator type"(client) {
    const StreamName = await freshStream(client, { ShardCount: 1 });
    const ShardId = "shardId-000000000000";
    const Records = [1, 2, 3].map((n) => ({ Data: bytes(String(n)), PartitionKey: "k", ExplicitHashKey: "0" }));
    const put = await send(client, "PutRecords", { StreamName, Records });
    assert.equal(put.FailedRecordCount, 0);
    const numbers = put.Records.map((record) => record.SequenceNumber);
    const latest = await send(client, "GetShardIterator", { StreamName, ShardId, ShardIteratorType: "LATEST" });
    const numbersFrom = async (count, position) =>
      (await read(client, StreamName, ShardId, count, position)).map((record) => record.SequenceNumber);
    assert.deepEqual(await numbersFrom(3), numbers);
    assert.deepEqual(await numbersFrom(2, { ShardIteratorType: "AT_SEQUENCE_NUMBER",
      StartingSequenceNumber: numbers[1] }), numbers.slice(1));
    assert.deepEqual(await numbersFrom(1, { ShardIteratorType: "AFTER_SEQUENCE_NUMBER",
      StartingSequenceNumber: numbers[1] }), numbers.slice(2));
    assert.deepEqual(await numbersFrom(3, { ShardIteratorType: "AT_TIMESTAMP",
      Timestamp: new Date(Date.now() - 3_600_000) }), numbers);
    const tip = await send(client, "GetRecords", { ShardIterator: latest.ShardIterator });
    assert.deepEqual([tip.Records, tip.MillisBehindLatest], [[], 0]);
    await send(client, "DeleteStream", { StreamName });
  },
  async "records are pushed, over a split to the children"(client) {
    const StreamName = await freshStream(client, { ShardCount: 1 });
    const { StreamDescriptionSummary: { StreamARN } } = await send(client, "DescribeStreamSummary", { StreamName });
    const { Consumer } = await send(client, "RegisterStreamConsumer", { StreamARN, ConsumerName: "app" });
    const named = { ConsumerARN: Consumer.ConsumerARN };
    while ((await send(client, "DescribeStreamConsumer", named)).ConsumerDescription.ConsumerStatus !== "ACTIVE")
      await pause(100); // it may be called 20 times a second
    const heard = [];
    const listen = async (ShardId, whenHeard) => {
      const { EventStream } = await send(client, "SubscribeToShard", {
        ...named, ShardId, StartingPosition: { Type: "TRIM_HORIZON" } });
      let children = [];
      for await (const { SubscribeToShardEvent: event } of EventStream) {
        heard.push(...event.Records.map((record) => Buffer.from(record.Data).toString()));
        children = event.ChildShards ?? [];
        assert.equal(event.ContinuationSequenceNumber === undefined, children.length > 0);
        if (await whenHeard()) break;
      }
      return children.map((child) => child.ShardId);
    };
    const put = (text) => send(client, "PutRecord", { StreamName, PartitionKey: "k", Data: bytes(text) });
    await put("a");
    let split = false;
    const children = await listen("shardId-000000000000", async () => {
      if (heard.length === 0 || split) return;
      split = true;
      await put("b");
      await send(client, "SplitShard", {
        StreamName, ShardToSplit: "shardId-000000000000", NewStartingHashKey: "1000" });
    });
    assert.deepEqual(children, ["shardId-000000000001", "shardId-000000000002"]);
    await put("c");
    await listen(children[1], () => heard.includes("c"));
    assert.deepEqual(heard, ["a", "b", "c"]);
    await send(client, "DeleteStream", { StreamName, EnforceConsumerDeletion: true });
  },
  async "errors are the classes of the model"(client) {
    const StreamName = await freshStream(client, { ShardCount: 1 });
    await assert.rejects(send(client, "DescribeStreamSummary", { StreamName: "nobody" }),
      kinesis.ResourceNotFoundException);
    await assert.rejects(send(client, "CreateStream", { StreamName, ShardCount: 1 }), kinesis.ResourceInUseException);
    await assert.rejects(send(client, "GetRecords", { ShardIterator: "none" }), kinesis.InvalidArgumentException);
    await assert.rejects(send(client, "PutRecord", { StreamName, PartitionKey: "", Data: bytes("x") }),
      { name: "ValidationException" });
    await send(client, "DeleteStream", { StreamName });
  },
};

const refusals = {
  async "a wrong secret is refused"() {
    const client = new KinesisClient({ credentials: {
      accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: "wrong" } });
    await assert.rejects(send(client, "ListStreams"), { name: "InvalidSignatureException" });
  },
};

const escape = (text) => text.replace(/[<>&"]/g, (c) => `&#${c.charCodeAt(0)};`);

async function main([report, mode]) {
  const patient = { maxAttempts: 12 };
  const clients = {
    "http/2": new KinesisClient(patient),
    "http/1.1": new KinesisClient({ ...patient, requestHandler: new NodeHttpHandler() }),
  };
  const lines = [];
  let failed = 0;
  const run = async (name, test) => {
    const began = Date.now();
    let fault = "";
    try {
      await test();
    } catch (error) {
      failed += 1;
      fault = `<failure message="${escape(String(error.message))}">${escape(String(error.stack))}</failure>`;
    }
    const seconds = (Date.now() - began) / 1000;
    console.log(`${fault ? "FAILED" : "ok    "} ${name} (${seconds} s)${fault && `\n${fault}`}`);
    lines.push(`<testcase classname="node.${mode}" name="${escape(name)}" time="${seconds}">${fault}</testcase>`);
  };
  for (const [protocol, client] of Object.entries(clients))
    for (const [name, test] of Object.entries(cases)) await run(`${protocol}: ${name}`, () => test(client));
  if (mode === "verified") for (const [name, test] of Object.entries(refusals)) await run(name, test);
  // The second run adds its cases to the first one's.
  const before = existsSync(report) ? readFileSync(report, "utf8").match(/<testcase[^]*<\/testcase>/)?.[0] ?? "" : "";
  writeFileSync(report, `<testsuite name="node">${before}${lines.join("\n")}</testsuite>\n`);
  process.exit(failed ? 1 : 0);
}

await main(process.argv.slice(2));
