// SPDX-License-Identifier: Apache-2.0
// The AWS SDK for Go v2, unmodified: streams, records, every iterator type, typed errors.

package clients

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

const (
	mebibyte    = 1 << 20
	waitMax     = 30 * time.Second
	hashKeyMax  = "340282366920938463463374607431768211455"
	utf8Key     = "ключ-é-鍵-🔑"
	throttled   = "ProvisionedThroughputExceededException"
	roundsMax   = 20 // until a burst is throttled
	repliesMax  = 100
	clockMargin = time.Minute
)

var ctx = context.Background()

// sent is a record with what the server answered to it.
type sent struct {
	shard, number, key string
	data               []byte
}

func client(configure ...func(*kinesis.Options)) *kinesis.Client {
	id, secret := os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
	return kinesis.New(kinesis.Options{
		BaseEndpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL")),
		Region:       os.Getenv("AWS_REGION"),
		Credentials:  credentials.NewStaticCredentialsProvider(id, secret, ""),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.MaxBackoff = 30, time.Second
		}),
	}, configure...)
}

func impatient(o *kinesis.Options) { o.Retryer = aws.NopRetryer{} }

func freshStream(t *testing.T, k *kinesis.Client, shards int32, recordKiBMax *int32) string {
	t.Helper()
	var random [8]byte
	_, _ = rand.Read(random[:])
	name := fmt.Sprintf("go2-%x", random)
	_, err := k.CreateStream(ctx, &kinesis.CreateStreamInput{
		StreamName: &name, ShardCount: &shards, MaxRecordSizeInKiB: recordKiBMax})
	must(t, err)
	t.Cleanup(func() { _, _ = k.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: &name}) })
	waiter := kinesis.NewStreamExistsWaiter(k, func(o *kinesis.StreamExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 200*time.Millisecond, time.Second
	})
	must(t, waiter.Wait(ctx, &kinesis.DescribeStreamInput{StreamName: &name}, waitMax))
	return name
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused[E error](t *testing.T, err error) {
	t.Helper()
	var want E
	if !errors.As(err, &want) {
		t.Errorf("want %T, got %v", want, err)
	}
}

func refusedAs(t *testing.T, code string, err error) {
	t.Helper()
	var got smithy.APIError
	if !errors.As(err, &got) || got.ErrorCode() != code {
		t.Errorf("want %s, got %v", code, err)
	}
}

// pattern is binary data of a size that differs from seed to seed.
func pattern(size, seed int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte((seed + i) % 251)
	}
	return data
}

// load writes a batch and single records to both shards of a stream.
func load(t *testing.T, k *kinesis.Client, stream string) []sent {
	t.Helper()
	var entries []types.PutRecordsRequestEntry
	for i := range 40 {
		entry := types.PutRecordsRequestEntry{
			PartitionKey: aws.String(fmt.Sprintf("key-%d", i)), Data: pattern(1+25*i, i)}
		if i%10 == 0 {
			entry.ExplicitHashKey = aws.String([]string{"0", hashKeyMax}[i/10%2])
		}
		entries = append(entries, entry)
	}
	batch, err := k.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: &stream, Records: entries})
	must(t, err)
	if *batch.FailedRecordCount != 0 || len(batch.Records) != len(entries) {
		t.Fatalf("%d of %d failed", *batch.FailedRecordCount, len(entries))
	}
	var all []sent
	for i, answer := range batch.Records {
		all = append(all, sent{*answer.ShardId, *answer.SequenceNumber,
			*entries[i].PartitionKey, entries[i].Data})
	}
	singles := []struct {
		key, hashKey string
		size         int
	}{{"k", "", 1}, {utf8Key, "", 100}, {"first", "0", 10}, {"last", hashKeyMax, 10},
		{"large", "", mebibyte - len("large")}}
	for i, s := range singles {
		in := &kinesis.PutRecordInput{
			StreamName: &stream, PartitionKey: &s.key, Data: pattern(s.size, 100+i)}
		if s.hashKey != "" {
			in.ExplicitHashKey = &s.hashKey
		}
		answer, err := k.PutRecord(ctx, in)
		must(t, err)
		all = append(all, sent{*answer.ShardId, *answer.SequenceNumber, s.key, in.Data})
		switch s.hashKey {
		case "0":
			expect(t, "shard of the first hash key", *answer.ShardId, "shardId-000000000000")
		case hashKeyMax:
			expect(t, "shard of the last hash key", *answer.ShardId, "shardId-000000000001")
		}
	}
	slices.SortFunc(all, func(a, b sent) int { return number(a.number).Cmp(number(b.number)) })
	return all
}

func number(text string) *big.Int {
	n, _ := new(big.Int).SetString(text, 10)
	return n
}

func expect[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func iterator(t *testing.T, k *kinesis.Client, in kinesis.GetShardIteratorInput) *string {
	t.Helper()
	answer, err := k.GetShardIterator(ctx, &in)
	must(t, err)
	return answer.ShardIterator
}

// drain reads until the end of the shard.
func drain(t *testing.T, k *kinesis.Client, at *string) (records []types.Record) {
	t.Helper()
	for range repliesMax {
		answer, err := k.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: at})
		must(t, err)
		records = append(records, answer.Records...)
		if *answer.MillisBehindLatest == 0 {
			return records
		}
		at = answer.NextShardIterator
	}
	t.Fatal("never at the tip")
	return nil
}

func expectRecords(t *testing.T, got []types.Record, want []sent) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i, record := range got {
		expect(t, "number", *record.SequenceNumber, want[i].number)
		expect(t, "key", *record.PartitionKey, want[i].key)
		if !bytes.Equal(record.Data, want[i].data) {
			t.Errorf("record %d: other data, %d bytes", i, len(record.Data))
		}
		if time.Since(*record.ApproximateArrivalTimestamp).Abs() > clockMargin {
			t.Errorf("record %d arrived at %v", i, *record.ApproximateArrivalTimestamp)
		}
	}
}

func TestStreamLife(t *testing.T) {
	k := client()
	name := freshStream(t, k, 2, nil)
	answer, err := k.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &name})
	must(t, err)
	expect(t, "shards", *answer.StreamDescriptionSummary.OpenShardCount, 2)
	expect(t, "status", answer.StreamDescriptionSummary.StreamStatus, types.StreamStatusActive)
	listed, err := k.ListShards(ctx, &kinesis.ListShardsInput{StreamName: &name})
	must(t, err)
	expect(t, "listed", len(listed.Shards), 2)
	expect(t, "first key", *listed.Shards[0].HashKeyRange.StartingHashKey, "0")
	expect(t, "last key", *listed.Shards[1].HashKeyRange.EndingHashKey, hashKeyMax)
	_, err = k.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: &name})
	must(t, err)
	gone := kinesis.NewStreamNotExistsWaiter(k, func(o *kinesis.StreamNotExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 200*time.Millisecond, time.Second
	})
	must(t, gone.Wait(ctx, &kinesis.DescribeStreamInput{StreamName: &name}, waitMax))
}

func TestSettings(t *testing.T) {
	k := client()
	name := freshStream(t, k, 1, nil)
	_, err := k.IncreaseStreamRetentionPeriod(ctx, &kinesis.IncreaseStreamRetentionPeriodInput{
		StreamName: &name, RetentionPeriodHours: aws.Int32(48)})
	must(t, err)
	_, err = k.DecreaseStreamRetentionPeriod(ctx, &kinesis.DecreaseStreamRetentionPeriodInput{
		StreamName: &name, RetentionPeriodHours: aws.Int32(25)})
	must(t, err)
	described, err := k.DescribeStream(ctx, &kinesis.DescribeStreamInput{StreamName: &name})
	must(t, err)
	expect(t, "hours", *described.StreamDescription.RetentionPeriodHours, 25)
	_, err = k.AddTagsToStream(ctx, &kinesis.AddTagsToStreamInput{
		StreamName: &name, Tags: map[string]string{"team": "a", "stage": "тест"}})
	must(t, err)
	_, err = k.RemoveTagsFromStream(ctx, &kinesis.RemoveTagsFromStreamInput{
		StreamName: &name, TagKeys: []string{"team"}})
	must(t, err)
	tags, err := k.ListTagsForStream(ctx, &kinesis.ListTagsForStreamInput{StreamName: &name})
	must(t, err)
	expect(t, "tags", len(tags.Tags), 1)
	expect(t, "tag", *tags.Tags[0].Value, "тест")
	streams, err := k.ListStreams(ctx, &kinesis.ListStreamsInput{})
	must(t, err)
	expect(t, "listed", slices.Contains(streams.StreamNames, name), true)
	limits, err := k.DescribeLimits(ctx, &kinesis.DescribeLimitsInput{})
	must(t, err)
	expect(t, "open shards", *limits.OpenShardCount > 0, true)
}

func TestEveryIterator(t *testing.T) {
	k := client()
	name := freshStream(t, k, 2, nil)
	shards := []string{"shardId-000000000000", "shardId-000000000001"}
	latest := map[string]*string{}
	for _, shard := range shards {
		latest[shard] = iterator(t, k, kinesis.GetShardIteratorInput{
			StreamName: &name, ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeLatest})
	}
	all := load(t, k, name)
	for _, shard := range shards {
		want := slices.DeleteFunc(slices.Clone(all), func(s sent) bool { return s.shard != shard })
		from := func(kind types.ShardIteratorType, start *string, at *time.Time) []types.Record {
			return drain(t, k, iterator(t, k, kinesis.GetShardIteratorInput{StreamName: &name,
				ShardId: &shard, ShardIteratorType: kind, StartingSequenceNumber: start, Timestamp: at}))
		}
		expectRecords(t, drain(t, k, latest[shard]), want)
		got := from(types.ShardIteratorTypeTrimHorizon, nil, nil)
		expectRecords(t, got, want)
		start := &want[3].number
		expectRecords(t, from(types.ShardIteratorTypeAtSequenceNumber, start, nil), want[3:])
		expectRecords(t, from(types.ShardIteratorTypeAfterSequenceNumber, start, nil), want[4:])
		last := got[len(got)-1].ApproximateArrivalTimestamp
		first := slices.IndexFunc(got, func(r types.Record) bool {
			return !r.ApproximateArrivalTimestamp.Before(*last)
		})
		expectRecords(t, from(types.ShardIteratorTypeAtTimestamp, nil, last), want[first:])
	}
}

func TestTenMebibytes(t *testing.T) {
	k := client()
	name := freshStream(t, k, 1, aws.Int32(10240))
	key, data := "k", pattern(10*mebibyte-1, 7)
	put, err := k.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: &name, PartitionKey: &key, Data: data})
	must(t, err)
	at := iterator(t, k, kinesis.GetShardIteratorInput{StreamName: &name, ShardId: put.ShardId,
		ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	expectRecords(t, drain(t, k, at), []sent{{*put.ShardId, *put.SequenceNumber, key, data}})
	_, err = k.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: &name, PartitionKey: aws.String("kk"), Data: data})
	refusedAs(t, "ValidationException", err)
}

func TestErrors(t *testing.T) {
	k := client()
	name := freshStream(t, k, 1, nil)
	nobody, key, data := "go2-nobody", "k", []byte("x")
	_, err := k.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &nobody})
	refused[*types.ResourceNotFoundException](t, err)
	_, err = k.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: &nobody, PartitionKey: &key, Data: data})
	refused[*types.ResourceNotFoundException](t, err)
	_, err = k.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{StreamName: &name,
		ShardId: aws.String("shardId-000000000009"), ShardIteratorType: types.ShardIteratorTypeLatest})
	refused[*types.ResourceNotFoundException](t, err)
	_, err = k.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(1)})
	refused[*types.ResourceInUseException](t, err)
	_, err = k.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: aws.String("no iterator")})
	refused[*types.InvalidArgumentException](t, err)
	_, err = k.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: &name, PartitionKey: &key,
		Data: data, ExplicitHashKey: aws.String("340282366920938463463374607431768211456")})
	refused[*types.InvalidArgumentException](t, err)
	_, err = k.PutRecord(ctx, &kinesis.PutRecordInput{
		StreamName: &name, PartitionKey: &key, Data: pattern(mebibyte, 0)})
	refusedAs(t, "ValidationException", err)
	_, err = k.CreateStream(ctx, &kinesis.CreateStreamInput{
		StreamName: aws.String("no/name"), ShardCount: aws.Int32(1)})
	refused[*types.ValidationException](t, err)
}

func TestThrottling(t *testing.T) {
	k := client(impatient)
	name := freshStream(t, client(), 1, nil)
	entries := slices.Repeat([]types.PutRecordsRequestEntry{
		{PartitionKey: aws.String("k"), Data: []byte("x")}}, 500)
	var accepted []sent
	failed := 0
	for range roundsMax {
		answer, err := k.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: &name, Records: entries})
		must(t, err)
		for _, r := range answer.Records {
			if r.ErrorCode == nil {
				accepted = append(accepted, sent{*r.ShardId, *r.SequenceNumber, "k", []byte("x")})
				continue
			}
			failed++
			expect(t, "code", *r.ErrorCode, throttled)
		}
		if failed > 0 {
			expect(t, "count", int(*answer.FailedRecordCount), failed)
			break
		}
	}
	expect(t, "throttled", failed > 0, true)
	at := iterator(t, k, kinesis.GetShardIteratorInput{StreamName: &name,
		ShardId: aws.String("shardId-000000000000"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	expectRecords(t, drain(t, client(), at), accepted)
	var err error
	for i := 0; err == nil && i < roundsMax; i++ {
		_, err = k.PutRecord(ctx, &kinesis.PutRecordInput{
			StreamName: &name, PartitionKey: aws.String("k"), Data: pattern(mebibyte-1, 0)})
	}
	refused[*types.ProvisionedThroughputExceededException](t, err)
}

func TestPushOverASplit(t *testing.T) {
	k := client()
	name := freshStream(t, k, 1, nil)
	summary, err := k.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &name})
	must(t, err)
	registered, err := k.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{
		StreamARN: summary.StreamDescriptionSummary.StreamARN, ConsumerName: aws.String("app")})
	must(t, err)
	consumer := registered.Consumer.ConsumerARN
	t.Cleanup(func() {
		_, _ = k.DeregisterStreamConsumer(ctx, &kinesis.DeregisterStreamConsumerInput{ConsumerARN: consumer})
	})
	for {
		described, err := k.DescribeStreamConsumer(ctx, &kinesis.DescribeStreamConsumerInput{ConsumerARN: consumer})
		must(t, err)
		if described.ConsumerDescription.ConsumerStatus == types.ConsumerStatusActive {
			break
		}
		time.Sleep(100 * time.Millisecond) // it may be called 20 times a second
	}
	put := func(text string) {
		_, err := k.PutRecord(ctx, &kinesis.PutRecordInput{
			StreamName: &name, PartitionKey: aws.String("k"), Data: []byte(text)})
		must(t, err)
	}
	var heard []string
	// Listens until the events end, or enough was heard; gives the children named last.
	listen := func(shard string, enough int, atFirst func()) (children []string) {
		answer, err := k.SubscribeToShard(ctx, &kinesis.SubscribeToShardInput{
			ConsumerARN: consumer, ShardId: &shard,
			StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon}})
		must(t, err)
		stream := answer.GetStream()
		defer stream.Close()
		for any := range stream.Events() {
			event := any.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value
			for _, record := range event.Records {
				heard = append(heard, string(record.Data))
			}
			for _, child := range event.ChildShards {
				children = append(children, *child.ShardId)
			}
			expect(t, "the end", event.ContinuationSequenceNumber == nil, len(children) > 0)
			if atFirst != nil {
				atFirst()
				atFirst = nil
			}
			if len(heard) >= enough {
				return children
			}
		}
		must(t, stream.Err())
		return children
	}
	put("a")
	first := "shardId-000000000000"
	children := listen(first, 99, func() {
		put("b")
		_, err := k.SplitShard(ctx, &kinesis.SplitShardInput{
			StreamName: &name, ShardToSplit: &first, NewStartingHashKey: aws.String("1000")})
		must(t, err)
	})
	expect(t, "children", fmt.Sprint(children), "[shardId-000000000001 shardId-000000000002]")
	put("c")
	listen(children[1], 3, nil)
	expect(t, "heard", fmt.Sprint(heard), "[a b c]")
}

func TestCredentials(t *testing.T) {
	as := func(id, secret string) error {
		k := client(impatient, func(o *kinesis.Options) {
			o.Credentials = credentials.NewStaticCredentialsProvider(id, secret, "")
		})
		_, err := k.ListStreams(ctx, &kinesis.ListStreamsInput{})
		return err
	}
	id, secret := os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
	must(t, as(id, secret))
	if os.Getenv("FORS_ACCESS") == "open" {
		must(t, as("ANYONE", "anything"))
		return
	}
	refusedAs(t, "InvalidSignatureException", as(id, "wrong"))
	refusedAs(t, "UnrecognizedClientException", as("AKIANOBODYATALL00001", secret))
}
