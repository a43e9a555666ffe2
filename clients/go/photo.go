// A photo, from 202 to the file, and webhooks, by Go's standard library. Take from it what you need.
//
//	HEAVYLIFT_URL=http://127.0.0.1:3000 HEAVYLIFT_KEY=hl_... go run photo.go submit FILE WIDTH OUT [CALLBACK_URL]
//	WEBHOOK_SECRET=whsec_... go run photo.go receive PORT
package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	tries            = 5
	mostWebhookBytes = 1_000_000
	toleranceSeconds = 300
)

// Problem is what the server refused (RFC 9457): Detail is a sentence for people, Code is for programs.
type Problem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func (p *Problem) Error() string { return p.Detail }

// Job is what is looked at here of a job.
type Job struct {
	ID    string   `json:"id"`
	State string   `json:"state"`
	Error *Problem `json:"error"`
}

// A file may lie elsewhere: its address says all there is to know, and the key does not go there. A POST is led nowhere.
var client = &http.Client{CheckRedirect: func(next *http.Request, before []*http.Request) error {
	next.Header.Del("Authorization")
	if before[0].Method != "GET" || len(before) > 1 {
		return http.ErrUseLastResponse
	}
	return nil
}}

func base() string {
	if base := os.Getenv("HEAVYLIFT_URL"); base != "" {
		return strings.TrimRight(base, "/")
	}
	return "http://127.0.0.1:3000"
}

// call asks the API, and asks again what got no answer, or "not now" (429, 5xx): an Idempotency-Key makes that safe.
// The body is opened anew for each try, and streamed.
func call(method, path string, headers map[string]string, open func() (io.ReadCloser, int64, error)) (*http.Response, error) {
	for try := 1; ; try++ {
		request, err := http.NewRequest(method, base()+path, nil)
		if err != nil {
			return nil, err
		}
		if open != nil {
			if request.Body, request.ContentLength, err = open(); err != nil {
				return nil, err
			}
		}
		for name, value := range headers {
			request.Header.Set(name, value)
		}
		request.Header.Set("Authorization", "Bearer "+os.Getenv("HEAVYLIFT_KEY"))
		pause := time.Duration(1<<(try-1)) * 500 * time.Millisecond
		answer, err := client.Do(request)
		if err == nil {
			if answer.StatusCode < 300 {
				return answer, nil
			}
			err = readProblem(answer)
			mayPass := answer.StatusCode == 429 || answer.StatusCode >= 500
			if seconds, bad := strconv.Atoi(answer.Header.Get("Retry-After")); bad == nil {
				pause = time.Duration(seconds) * time.Second
			}
			if !mayPass {
				return nil, err
			}
		}
		if try == tries {
			return nil, err
		}
		time.Sleep(pause)
	}
}

func readProblem(answer *http.Response) error {
	defer answer.Body.Close()
	problem := &Problem{Status: answer.StatusCode}
	if json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(problem) != nil || problem.Detail == "" {
		problem.Detail = fmt.Sprintf("The server answered %d.", answer.StatusCode)
	}
	return problem
}

func readJob(answer *http.Response) (job Job, err error) {
	defer answer.Body.Close()
	return job, json.NewDecoder(answer.Body).Decode(&job)
}

// submit posts a photo, waits for its rendition and writes it to a file.
func submit(file, width, out, callback string) error {
	options := url.Values{"width": {width}, "format": {"webp"}}
	if callback != "" {
		options.Set("callbackUrl", callback)
	}
	name := make([]byte, 16)
	if _, err := rand.Read(name); err != nil {
		return err
	}
	// The id of your own record does it as well: the same key and the same photo is the same job.
	headers := map[string]string{"Content-Type": "application/octet-stream", "Idempotency-Key": `"` + hex.EncodeToString(name) + `"`}
	answer, err := call("POST", "/v1/images/raw?"+options.Encode(), headers, func() (io.ReadCloser, int64, error) {
		opened, err := os.Open(file)
		if err != nil {
			return nil, 0, err
		}
		about, err := opened.Stat()
		if err != nil {
			return nil, 0, err
		}
		return opened, about.Size(), nil
	})
	if err != nil {
		return err
	}
	job, err := readJob(answer)
	if err != nil {
		return err
	}
	fmt.Println(job.ID)
	// Each question is held by the server until the job has ended, or for 30 seconds.
	for job.State != "completed" {
		if job.Error != nil {
			return job.Error
		}
		if answer, err = call("GET", "/v1/jobs/"+job.ID, map[string]string{"Prefer": "wait=30"}, nil); err != nil {
			return err
		}
		if job, err = readJob(answer); err != nil {
			return err
		}
	}
	return save("/v1/jobs/"+job.ID+"/result", out)
}

// save writes a file that is there once it is whole.
func save(path, out string) error {
	answer, err := call("GET", path, nil, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	part, err := os.CreateTemp(filepath.Dir(out), filepath.Base(out)+".*.part")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	if _, err = io.Copy(part, answer.Body); err != nil {
		return err
	}
	if err = part.Close(); err != nil {
		return err
	}
	return os.Rename(part.Name(), out)
}

// verify says why a webhook (https://www.standardwebhooks.com) is not to be trusted. The body is the bytes as they came.
func verify(headers http.Header, body []byte, secret string) error {
	timestamp := headers.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if age := time.Now().Unix() - seconds; err != nil || age > toleranceSeconds || age < -toleranceSeconds {
		return errors.New("its timestamp is not of now")
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", headers.Get("webhook-id"), timestamp, body)
	expected := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	// Several while the secret is being changed: one of them has to match.
	for _, signature := range strings.Split(headers.Get("webhook-signature"), " ") {
		if hmac.Equal([]byte(signature), expected) {
			return nil
		}
	}
	return errors.New("no signature matches")
}

// receive takes webhooks. One can arrive twice: an application keeps each webhook-id it has acted on.
func receive(port string) error {
	secret := os.Getenv("WEBHOOK_SECRET")
	handler := func(writer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(writer, request.Body, mostWebhookBytes))
		if err == nil {
			err = verify(request.Header, body, secret)
		}
		var event struct {
			Type string `json:"type"`
			Data Job    `json:"data"`
		}
		if err == nil {
			err = json.Unmarshal(body, &event)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "refused:", err)
			writer.WriteHeader(http.StatusBadRequest)
			return
		}
		// Answer at once and work afterwards: what takes long counts as a failure and comes again.
		writer.WriteHeader(http.StatusNoContent)
		fmt.Println(event.Type, event.Data.ID)
	}
	server := &http.Server{Addr: "127.0.0.1:" + port, Handler: http.HandlerFunc(handler), ReadTimeout: 20 * time.Second}
	return server.ListenAndServe()
}

func main() {
	args := append(os.Args[1:], "", "", "", "", "")
	var err error
	switch {
	case args[0] == "submit" && args[3] != "":
		err = submit(args[1], args[2], args[3], args[4])
	case args[0] == "receive" && args[1] != "" && os.Getenv("WEBHOOK_SECRET") != "":
		err = receive(args[1])
	default:
		err = errors.New("usage: photo submit FILE WIDTH OUT [CALLBACK_URL] | WEBHOOK_SECRET=whsec_... photo receive PORT")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
