// Reads one YAML document a line (as a JSON string) and answers with what the API machinery's reader makes of it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	yamlv2 "go.yaml.in/yaml/v2"
	"sigs.k8s.io/yaml"
)

type answer struct {
	// JSON is the document as JSON, absent when it was refused.
	JSON json.RawMessage `json:"json,omitempty"`
	// Error says why it was refused.
	Error string `json:"error,omitempty"`
	// Strict tells whether the strict reader takes it too.
	Strict bool `json:"strict"`
	// Ambiguous is set when two keys of a mapping become the same text, so that which one wins is chance.
	Ambiguous bool `json:"ambiguous"`
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	decoder := json.NewDecoder(in)
	encoder := json.NewEncoder(out)
	for decoder.More() {
		var text string
		if err := decoder.Decode(&text); err != nil {
			panic(err)
		}
		if err := encoder.Encode(read(text)); err != nil {
			panic(err)
		}
	}
}

func read(text string) (result answer) {
	defer func() {
		if problem := recover(); problem != nil {
			result = answer{Error: fmt.Sprint("panic: ", problem)}
		}
	}()
	text = lines(text)
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return answer{Error: err.Error()}
	}
	_, strictErr := yaml.YAMLToJSONStrict([]byte(text))
	var tree any
	ambiguous := yamlv2.Unmarshal([]byte(text), &tree) == nil && collides(tree)
	return answer{JSON: data, Strict: strictErr == nil, Ambiguous: ambiguous}
}

// lines ends every line as the API machinery's line reader does before anything is parsed.
func lines(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		body, ended := strings.CutSuffix(line, "\n")
		if ended {
			body = strings.TrimSuffix(body, "\r")
		}
		out.WriteString(body + "\n")
	}
	return out.String()
}

func collides(value any) bool {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			if collides(item) {
				return true
			}
		}
	case map[any]any:
		seen := map[string]bool{}
		for key, item := range value {
			name := keyText(key)
			if seen[name] || collides(item) {
				return true
			}
			seen[name] = true
		}
	}
	return false
}

func keyText(key any) string {
	if number, ok := key.(float64); ok {
		return strconv.FormatFloat(number, 'g', -1, 32)
	}
	return fmt.Sprint(key)
}
