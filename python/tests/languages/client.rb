# The story of test_languages.py with net/http.
require "json"
require "net/http"

SERVER = URI(ARGV[0])

def get(path)
  Net::HTTP.get_response(SERVER.host, path, SERVER.port).body
end

def chat(content, more = {}, &block)
  body = { model: "m", messages: [{ role: "user", content: content }] }.merge(more)
  request = Net::HTTP::Post.new("/v1/chat/completions", "content-type" => "application/json")
  request.body = JSON.generate(body)
  Net::HTTP.start(SERVER.host, SERVER.port) { |http| http.request(request, &block) }
end

plain = chat("hi")
puts "#{plain.body}#{plain.code}"

chat("go", { stream: true }) do |answer|
  text = +""
  answer.read_body do |chunk|
    text << chunk
    while (line = text.slice!(/\A[^\n]*\n/))
      next unless line.start_with?("data:")

      puts line
      get("/v1/gate") if line.include?("first")
    end
  end
end

puts "#{get("/v1/binary").bytesize} bytes"
puts chat("missing").code
