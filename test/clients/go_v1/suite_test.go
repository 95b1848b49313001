// SPDX-License-Identifier: Apache-2.0

// Package suite drives fors with the Go SDK v1, unmodified.
package suite

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/request"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/kinesis"
)

func client(secret string) *kinesis.Kinesis {
	settings := aws.NewConfig().WithEndpoint(os.Getenv("AWS_ENDPOINT_URL")).WithRegion("us-east-1").WithMaxRetries(8).
		WithCredentials(credentials.NewStaticCredentials(os.Getenv("AWS_ACCESS_KEY_ID"), secret, ""))
	return kinesis.New(session.Must(session.NewSession(settings)))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func freshStream(t *testing.T, c *kinesis.Kinesis) *string {
	t.Helper()
	name := aws.String(fmt.Sprintf("go1-%d", time.Now().UnixNano()))
	_, err := c.CreateStream(&kinesis.CreateStreamInput{StreamName: name, ShardCount: aws.Int64(1)})
	check(t, err)
	check(t, c.WaitUntilStreamExistsWithContext(aws.BackgroundContext(), &kinesis.DescribeStreamInput{StreamName: name},
		request.WithWaiterDelay(request.ConstantWaiterDelay(50*time.Millisecond)), request.WithWaiterMaxAttempts(100)))
	t.Cleanup(func() { _, _ = c.DeleteStream(&kinesis.DeleteStreamInput{StreamName: name}) })
	return name
}

func read(t *testing.T, c *kinesis.Kinesis, count int, input *kinesis.GetShardIteratorInput) []*kinesis.Record {
	t.Helper()
	got, err := c.GetShardIterator(input)
	check(t, err)
	iterator := got.ShardIterator
	var records []*kinesis.Record
	for len(records) < count {
		answer, err := c.GetRecords(&kinesis.GetRecordsInput{ShardIterator: iterator})
		check(t, err)
		records = append(records, answer.Records...)
		iterator = answer.NextShardIterator
	}
	return records
}

func TestRecordsComeBackByEveryIteratorType(t *testing.T) {
	c := client(os.Getenv("AWS_SECRET_ACCESS_KEY"))
	stream := freshStream(t, c)
	blobs := [][]byte{{0}, []byte("ключ"), bytes.Repeat([]byte{7}, 1<<20-1)}
	var entries []*kinesis.PutRecordsRequestEntry
	for _, blob := range blobs[:2] {
		entries = append(entries, &kinesis.PutRecordsRequestEntry{Data: blob, PartitionKey: aws.String("k")})
	}
	put, err := c.PutRecords(&kinesis.PutRecordsInput{StreamName: stream, Records: entries})
	check(t, err)
	single, err := c.PutRecord(&kinesis.PutRecordInput{StreamName: stream, PartitionKey: aws.String("k"), Data: blobs[2]})
	check(t, err)
	numbers := []*string{put.Records[0].SequenceNumber, put.Records[1].SequenceNumber, single.SequenceNumber}
	hourAgo := time.Now().Add(-time.Hour)
	cases := []struct {
		kind   string
		number *string
		when   *time.Time
		first  int
	}{
		{"TRIM_HORIZON", nil, nil, 0}, {"AT_SEQUENCE_NUMBER", numbers[1], nil, 1},
		{"AFTER_SEQUENCE_NUMBER", numbers[1], nil, 2}, {"AT_TIMESTAMP", nil, &hourAgo, 0}, {"LATEST", nil, nil, 3},
	}
	for _, each := range cases {
		records := read(t, c, 3-each.first, &kinesis.GetShardIteratorInput{StreamName: stream, ShardId: single.ShardId,
			ShardIteratorType: &each.kind, StartingSequenceNumber: each.number, Timestamp: each.when})
		for n, record := range records {
			if *record.SequenceNumber != *numbers[each.first+n] || !bytes.Equal(record.Data, blobs[each.first+n]) {
				t.Errorf("%s: record %d is another one", each.kind, n)
			}
		}
	}
}

func TestErrorsHaveTheirCodes(t *testing.T) {
	c := client(os.Getenv("AWS_SECRET_ACCESS_KEY"))
	stream := freshStream(t, c)
	_, err := c.DescribeStreamSummary(&kinesis.DescribeStreamSummaryInput{StreamName: aws.String("nobody")})
	wantCode(t, err, kinesis.ErrCodeResourceNotFoundException)
	_, err = c.CreateStream(&kinesis.CreateStreamInput{StreamName: stream, ShardCount: aws.Int64(1)})
	wantCode(t, err, kinesis.ErrCodeResourceInUseException)
	_, err = c.GetRecords(&kinesis.GetRecordsInput{ShardIterator: aws.String("none")})
	wantCode(t, err, kinesis.ErrCodeInvalidArgumentException)
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var api awserr.Error
	if !errors.As(err, &api) || api.Code() != code {
		t.Errorf("%v instead of %s", err, code)
	}
}

func TestAWrongSecretIsRefusedWhereTheServerVerifies(t *testing.T) {
	_, err := client("wrong").ListStreams(&kinesis.ListStreamsInput{})
	if os.Getenv("FORS_ACCESS") == "open" {
		check(t, err)
		return
	}
	wantCode(t, err, "InvalidSignatureException")
}
