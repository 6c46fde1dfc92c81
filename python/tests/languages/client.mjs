// The story of test_languages.py with fetch.
const server = process.argv[2];
const chat = (content, more = {}) =>
  fetch(`${server}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content }], ...more }),
  });

const plain = await chat("hi");
console.log(`${await plain.text()}${plain.status}`);

let text = "";
for await (const chunk of (await chat("go", { stream: true })).body) {
  text += new TextDecoder().decode(chunk);
  const lines = text.split("\n");
  text = lines.pop();
  for (const line of lines.filter((each) => each.startsWith("data:"))) {
    console.log(line);
    if (line.includes("first")) await (await fetch(`${server}/v1/gate`)).text();
  }
}

const binary = await (await fetch(`${server}/v1/binary`)).arrayBuffer();
console.log(`${binary.byteLength} bytes`);
console.log(String((await chat("missing")).status));
