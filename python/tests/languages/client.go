// The story of test_languages.py with net/http.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func chat(server, content, more string) *http.Response {
	body := `{"model":"m","messages":[{"role":"user","content":"` + content + `"}]` + more + `}`
	answer, err := http.Post(server+"/v1/chat/completions", "application/json", strings.NewReader(body))
	check(err)
	return answer
}

func get(url string) []byte {
	answer, err := http.Get(url)
	check(err)
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	check(err)
	return data
}

func main() {
	server := os.Args[1]
	plain := chat(server, "hi", "")
	data, err := io.ReadAll(plain.Body)
	check(err)
	fmt.Printf("%s%d\n", data, plain.StatusCode)

	lines := bufio.NewScanner(chat(server, "go", `,"stream":true`).Body)
	for lines.Scan() {
		if line := lines.Text(); strings.HasPrefix(line, "data:") {
			fmt.Println(line)
			if strings.Contains(line, "first") {
				get(server + "/v1/gate")
			}
		}
	}
	check(lines.Err())

	fmt.Printf("%d bytes\n", len(get(server+"/v1/binary")))
	fmt.Println(chat(server, "missing", "").StatusCode)
}
