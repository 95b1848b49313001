// SPDX-License-Identifier: Apache-2.0

// Package suite drives fors with the Go SDK v2, unmodified.
package suite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

const mib = 1 << 20

var ctx = context.Background()

func client(t *testing.T, options ...func(*kinesis.Options)) *kinesis.Client {
	t.Helper()
	settings, err := config.LoadDefaultConfig(ctx, config.WithRetryer(func() aws.Retryer {
		return retry.AddWithMaxAttempts(retry.NewStandard(), 12)
	}))
	check(t, err)
	return kinesis.NewFromConfig(settings, options...)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func freshStream(t *testing.T, c *kinesis.Client, input *kinesis.CreateStreamInput) string {
	t.Helper()
	name := fmt.Sprintf("go-%d", time.Now().UnixNano())
	input.StreamName = &name
	_, err := c.CreateStream(ctx, input)
	check(t, err)
	waiter := kinesis.NewStreamExistsWaiter(c, func(o *kinesis.StreamExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, time.Second
	})
	check(t, waiter.Wait(ctx, &kinesis.DescribeStreamInput{StreamName: &name}, 20*time.Second))
	t.Cleanup(func() { _, _ = c.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: &name}) })
	return name
}

// read gives the next count records from where input says.
func read(t *testing.T, c *kinesis.Client, count int, input *kinesis.GetShardIteratorInput) []types.Record {
	t.Helper()
	got, err := c.GetShardIterator(ctx, input)
	check(t, err)
	iterator := got.ShardIterator
	var records []types.Record
	for len(records) < count {
		answer, err := c.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: iterator})
		check(t, err)
		records = append(records, answer.Records...)
		iterator = answer.NextShardIterator
	}
	return records
}

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	c := client(t)
	stream := freshStream(t, c, &kinesis.CreateStreamInput{ShardCount: aws.Int32(2)})
	blobs := map[string][]byte{"a": {0}, "鍵-é": []byte("ключ"), "big": bytes.Repeat([]byte{7}, mib-3)}
	for key, blob := range blobs {
		put, err := c.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: &key, Data: blob})
		check(t, err)
		record := read(t, c, 1, &kinesis.GetShardIteratorInput{StreamName: &stream, ShardId: put.ShardId,
			ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: put.SequenceNumber})[0]
		if !bytes.Equal(record.Data, blob) || *record.PartitionKey != key ||
			*record.SequenceNumber != *put.SequenceNumber {
			t.Errorf("%s came back changed", key)
		}
		if age := time.Since(*record.ApproximateArrivalTimestamp); age.Abs() > time.Minute {
			t.Errorf("arrived %v ago", age)
		}
	}
}

func TestTenMebibytesWhereTheStreamAllowsThem(t *testing.T) {
	c := client(t)
	stream := freshStream(t, c, &kinesis.CreateStreamInput{ShardCount: aws.Int32(1),
		MaxRecordSizeInKiB: aws.Int32(10240)})
	blob := bytes.Repeat([]byte{42}, 10*mib-1)
	_, err := c.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: aws.String("k"), Data: blob})
	check(t, err)
	record := read(t, c, 1, &kinesis.GetShardIteratorInput{StreamName: &stream,
		ShardId: aws.String("shardId-000000000000"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon})[0]
	if !bytes.Equal(record.Data, blob) {
		t.Error("the record came back changed")
	}
}

func TestBatchesAndEveryIteratorType(t *testing.T) {
	c := client(t)
	stream := freshStream(t, c, &kinesis.CreateStreamInput{ShardCount: aws.Int32(1)})
	var entries []types.PutRecordsRequestEntry
	for n := range 3 {
		entries = append(entries, types.PutRecordsRequestEntry{Data: []byte{byte(n)}, PartitionKey: aws.String("k"),
			ExplicitHashKey: aws.String("0")})
	}
	put, err := c.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: &stream, Records: entries})
	check(t, err)
	middle := put.Records[1].SequenceNumber
	hourAgo := time.Now().Add(-time.Hour)
	cases := []struct {
		kind   types.ShardIteratorType
		number *string
		when   *time.Time
		first  int
	}{
		{types.ShardIteratorTypeTrimHorizon, nil, nil, 0},
		{types.ShardIteratorTypeAtSequenceNumber, middle, nil, 1},
		{types.ShardIteratorTypeAfterSequenceNumber, middle, nil, 2},
		{types.ShardIteratorTypeAtTimestamp, nil, &hourAgo, 0},
		{types.ShardIteratorTypeLatest, nil, nil, 3},
	}
	for _, each := range cases {
		records := read(t, c, 3-each.first, &kinesis.GetShardIteratorInput{StreamName: &stream,
			ShardId: put.Records[0].ShardId, ShardIteratorType: each.kind, StartingSequenceNumber: each.number,
			Timestamp: each.when})
		for n, record := range records {
			if *record.SequenceNumber != *put.Records[each.first+n].SequenceNumber {
				t.Errorf("%s: record %d is another one", each.kind, n)
			}
		}
	}
}

func TestErrorsAreTheTypesOfTheModel(t *testing.T) {
	c := client(t)
	stream := freshStream(t, c, &kinesis.CreateStreamInput{ShardCount: aws.Int32(1)})
	_, err := c.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("nobody")})
	var notFound *types.ResourceNotFoundException
	if !errors.As(err, &notFound) {
		t.Errorf("unknown stream: %v", err)
	}
	_, err = c.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &stream, ShardCount: aws.Int32(1)})
	var inUse *types.ResourceInUseException
	if !errors.As(err, &inUse) {
		t.Errorf("existing stream: %v", err)
	}
	_, err = c.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: aws.String("none")})
	var invalid *types.InvalidArgumentException
	if !errors.As(err, &invalid) {
		t.Errorf("bad iterator: %v", err)
	}
	_, err = c.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: aws.String(""), Data: []byte{1}})
	wantCode(t, err, "ValidationException")
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code {
		t.Errorf("%v instead of %s", err, code)
	}
}

func TestAWrongSecretIsRefused(t *testing.T) {
	if os.Getenv("FORS_VERIFIED") == "" {
		t.Skip("the server of this run takes any signature")
	}
	c := client(t, func(o *kinesis.Options) {
		o.Credentials = credentials.NewStaticCredentialsProvider(os.Getenv("AWS_ACCESS_KEY_ID"), "wrong", "")
	})
	_, err := c.ListStreams(ctx, &kinesis.ListStreamsInput{})
	wantCode(t, err, "InvalidSignatureException")
}
