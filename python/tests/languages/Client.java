// The story of test_languages.py with java.net.http.
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;

public class Client {
    static final HttpClient CLIENT = HttpClient.newHttpClient();
    static String server;

    static <T> HttpResponse<T> chat(String content, String more, BodyHandler<T> handler) throws Exception {
        String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}]" + more + "}";
        HttpRequest request = HttpRequest.newBuilder(URI.create(server + "/v1/chat/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return CLIENT.send(request, handler);
    }

    static byte[] get(String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server + path)).build();
        return CLIENT.send(request, BodyHandlers.ofByteArray()).body();
    }

    public static void main(String[] arguments) throws Exception {
        server = arguments[0];
        HttpResponse<String> plain = chat("hi", "", BodyHandlers.ofString());
        System.out.println(plain.body() + plain.statusCode());

        var lines = chat("go", ",\"stream\":true", BodyHandlers.ofLines()).body().iterator();
        while (lines.hasNext()) {
            String line = lines.next();
            if (line.startsWith("data:")) {
                System.out.println(line);
                if (line.contains("first")) {
                    get("/v1/gate");
                }
            }
        }

        System.out.println(get("/v1/binary").length + " bytes");
        System.out.println(chat("missing", "", BodyHandlers.ofString()).statusCode());
    }
}
