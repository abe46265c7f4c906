#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A Kubernetes API server with KubeVirt, for tests: it holds every request to a schema and refuses what is not in it.

usage: kubernetes_double.py --cert FILE --key FILE [--client-ca FILE] [--token TEXT]
The first line on standard output is the port. Then each request is one line of JSON there: method, path, who, status, and for a body that
breaks the schema "schema". Standard input takes one line of JSON at a time, which is merged into how it behaves (BEHAVIOUR below), or
{"do": "phase", "phase": "Failed", "reason": "…"}, {"do": "cut"} (ends all watches), {"do": "gone"}.
"""
import argparse
import json
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

BEHAVIOUR = {
    "phases": ["Scheduling", "Scheduled", "Running"],  # that a machine goes through by itself
    "answers": {},  # "VERB path-prefix" -> {"code", "body", "headers"}: in place of the right answer
    "raw": {},  # path-prefix -> text sent instead of HTTP
    "huge": "",  # path-prefix whose answers never end
    "silent": "",  # path-prefix that is never answered
    "snp": {"policy": "string"},  # fields of the schema; null: no such technology
    "sev": {"policy": "object", "attestation": "object", "session": "string", "dhCert": "string"},
    "schema": True,
    "drop": "",  # a field of launchSecurity that is silently dropped
    "cut_after": 0,  # bytes of each watch stream
    "expire": 0,  # how many watches are answered by 410
    "expire_inside": 0,  # the same as an event
    "linger": False,  # a deletion waits for {"do": "gone"}
    "version": "v1.9.0", "gates": [], "nodes": [{"kubevirt.io/sev": "true", "kubevirt.io/sev-es": "true", "kubevirt.io/sev-snp": "true"}, {}],
    "may": ["create", "get", "list", "watch", "delete"],
}
TEXT, NUMBER, FLAG = "text", "number", "flag"
LAUNCH = {"snp": {"policy": TEXT, "kernelHashes": FLAG, "hostData": TEXT},
          "sev": {"policy": {"encryptedState": FLAG}, "attestation": {}, "session": TEXT, "dhCert": TEXT}}
VMI = {
    "apiVersion": TEXT, "kind": TEXT,
    "metadata": {"name": TEXT, "generateName": TEXT, "namespace": TEXT, "labels": "labels", "annotations": "labels"},
    "spec": {
        "domain": {
            "cpu": {"cores": NUMBER, "sockets": NUMBER, "threads": NUMBER, "model": TEXT},
            "devices": {"autoattachGraphicsDevice": FLAG, "autoattachMemBalloon": FLAG, "autoattachPodInterface": FLAG,
                        "autoattachSerialConsole": FLAG, "disks": [{"name": TEXT, "disk": {"bus": TEXT}}],
                        "interfaces": [{"name": TEXT, "masquerade": {}}]},
            "firmware": {"bootloader": {"efi": {"secureBoot": FLAG}},
                         "kernelBoot": {"kernelArgs": TEXT, "container": {"image": TEXT, "imagePullPolicy": TEXT, "kernelPath": TEXT, "initrdPath": TEXT}}},
            "launchSecurity": LAUNCH, "memory": {"guest": TEXT}},
        "evictionStrategy": TEXT, "terminationGracePeriodSeconds": NUMBER, "networks": [{"name": TEXT, "pod": {}}],
        "volumes": [{"name": TEXT, "containerDisk": {"image": TEXT, "imagePullPolicy": TEXT}}]},
}
DELETE = {"apiVersion": TEXT, "kind": TEXT, "gracePeriodSeconds": NUMBER, "preconditions": {"uid": TEXT}}
REVIEW = {"apiVersion": TEXT, "kind": TEXT, "spec": {"resourceAttributes": {"group": TEXT, "namespace": TEXT, "resource": TEXT, "verb": TEXT}}}
VMIS = "/virtualmachineinstances"


def breaks(value, schema, where=""):
    """What of a value is not in the schema; empty when all is."""
    if schema in (TEXT, NUMBER, FLAG):
        kind = {TEXT: str, NUMBER: int, FLAG: bool}[schema]
        good = isinstance(value, kind) and (schema != NUMBER or not isinstance(value, bool))
        return [] if good else [f"{where}: no {schema}"]
    if schema == "labels":
        good = isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
        return [] if good else [f"{where}: no labels"]
    if isinstance(schema, list):
        if not isinstance(value, list):
            return [f"{where}: no list"]
        return [b for i, item in enumerate(value) for b in breaks(item, schema[0], f"{where}[{i}]")]
    if not isinstance(value, dict):
        return [f"{where}: no object"]
    found = []
    for key, inner in value.items():
        place = f"{where}.{key}" if where else key
        found += breaks(inner, schema[key], place) if key in schema else [f'unknown field "{place}"']
    return found


def rules(vmi):
    """What enarx 3.4 says beyond the fields."""
    domain = vmi.get("spec", {}).get("domain", {})
    security = domain.get("launchSecurity", {})
    found = []
    if len(security) != 1:
        found.append("spec.domain.launchSecurity: exactly one technology")
    if domain.get("firmware", {}).get("bootloader", {}).get("efi", {}).get("secureBoot") is not False:
        found.append("spec.domain.firmware.bootloader.efi.secureBoot: has to be false")
    if vmi.get("apiVersion") != "kubevirt.io/v1" or vmi.get("kind") != "VirtualMachineInstance":
        found.append("kind: no VirtualMachineInstance")
    return found


def schema_document():
    fields = lambda known: None if known is None else {"type": "object", "properties": {n: {"type": t} for n, t in known.items()}}
    security = {n: s for n, s in (("sev", fields(BEHAVIOUR["sev"])), ("snp", fields(BEHAVIOUR["snp"]))) if s}
    wrap = lambda name, inner: {"type": "object", "properties": {name: inner}}
    vmi = wrap("spec", wrap("domain", {"$ref": "#/components/schemas/v1.DomainSpec"}))
    vmi["x-kubernetes-group-version-kind"] = [{"group": "kubevirt.io", "kind": "VirtualMachineInstance", "version": "v1"}]
    return {"openapi": "3.0.0", "components": {"schemas": {
        "io.kubevirt.v1.VirtualMachineInstance": vmi,
        "v1.DomainSpec": wrap("launchSecurity", {"allOf": [{"$ref": "#/components/schemas/v1.LaunchSecurity"}]}),
        "v1.LaunchSecurity": {"type": "object", "properties": security}}}}


class World:
    """The one machine, its versions, and who watches it."""

    def __init__(self):
        self.changed = threading.Condition()
        self.vmi, self.version, self.events, self.cuts = None, 100, [], 0

    def event(self, kind):
        self.version += 1
        self.vmi["metadata"]["resourceVersion"] = str(self.version)
        self.events.append((self.version, {"type": kind, "object": json.loads(json.dumps(self.vmi))}))
        if kind == "DELETED":
            self.vmi = None
        self.changed.notify_all()

    def phase(self, phase, reason=""):
        with self.changed:
            if self.vmi is None:
                return
            self.vmi["status"] = {"phase": phase, "nodeName": "node-1" if phase == "Running" else "", "reason": reason, "conditions": [
                {"type": "Ready", "status": "False" if phase != "Running" else "True", "reason": "GuestNotRunning", "message": f"phase {phase}\x1b[31m"}]}
            self.event("MODIFIED")

    def gone(self):
        with self.changed:
            if self.vmi is not None:
                self.event("DELETED")


world, told = World(), threading.Lock()


def tell(**line):
    with told:
        print(json.dumps(line), flush=True)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, code, body, headers=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        tell(method=self.command, path=self.path, who=self.who, status=code, agent=self.headers.get("User-Agent", ""))

    def status(self, code, reason, message, details=None):
        self.send(code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason, "code": code,
                         "details": details or {}})

    def handle_one(self):
        url = urlsplit(self.path)
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.who = "none"
        if self.headers.get("Authorization") == "Bearer " + options.token:
            self.who = "token"
        elif self.connection.getpeercert():
            self.who = "certificate"
        for prefix, text in BEHAVIOUR["raw"].items():
            if url.path.startswith(prefix):
                self.wfile.write(text.encode("latin-1"))
                self.close_connection = True
                return tell(method=self.command, path=self.path, who=self.who, status=0)
        if BEHAVIOUR["silent"] and url.path.startswith(BEHAVIOUR["silent"]):
            tell(method=self.command, path=self.path, who=self.who, status=0)
            self.connection.recv(1)
            self.close_connection = True
            return None
        if BEHAVIOUR["huge"] and url.path.startswith(BEHAVIOUR["huge"]):
            self.send_response(200)
            self.end_headers()
            self.close_connection = True
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                return tell(method=self.command, path=self.path, who=self.who, status=200)
        if self.who == "none":
            return self.status(401, "Unauthorized", "Unauthorized")
        verb = "watch" if query.get("watch") == "true" else {"GET": "get", "POST": "create", "DELETE": "delete"}[self.command]
        for where, answer in BEHAVIOUR["answers"].items():
            wanted, prefix = where.split(" ", 1)
            if wanted == verb and url.path.startswith(prefix):
                return self.send(answer["code"], answer["body"], answer.get("headers"))
        return self.serve(verb, url.path, query, json.loads(body) if body else None)

    do_GET = do_POST = do_DELETE = do_PUT = handle_one

    def refuse_unknown(self, value, schema, more=()):
        found = breaks(value, schema) + list(more)
        if found:
            tell(schema=found)
            self.status(400, "BadRequest", "strict decoding error: " + ", ".join(found))
        return bool(found)

    def serve(self, verb, path, query, body):
        if path == "/apis/kubevirt.io/v1":
            return self.send(200, {"kind": "APIResourceList", "resources": [{"name": "virtualmachineinstances"}]})
        if path == "/apis/subresources.kubevirt.io/v1":
            names = ["console", "sev/fetchcertchain", "sev/setupsession", "sev/querylaunchmeasurement", "sev/injectlaunchsecret"]
            return self.send(200, {"kind": "APIResourceList", "resources": [{"name": "virtualmachineinstances/" + n} for n in names]})
        if path == "/openapi/v3" and BEHAVIOUR["schema"]:
            return self.send(200, {"paths": {"apis/kubevirt.io/v1": {"serverRelativeURL": "/openapi/v3/apis/kubevirt.io/v1?hash=1"}}})
        if path == "/openapi/v3/apis/kubevirt.io/v1":
            return self.send(200, schema_document())
        if path == "/apis/kubevirt.io/v1/kubevirts":
            return self.send(200, {"items": [{"status": {"observedKubeVirtVersion": BEHAVIOUR["version"]}, "spec": {"configuration": {
                "developerConfiguration": {"featureGates": BEHAVIOUR["gates"]}}}}]})
        if path == "/api/v1/nodes":
            first = "continue" not in query
            nodes = BEHAVIOUR["nodes"][:1] if first else BEHAVIOUR["nodes"][1:]
            more = {"continue": "bmV4dA=="} if first and len(BEHAVIOUR["nodes"]) > 1 else {}
            return self.send(200, {"metadata": more, "items": [{"metadata": {"labels": labels}} for labels in nodes]})
        if path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews":
            if self.refuse_unknown(body, REVIEW):
                return None
            return self.send(201, {"status": {"allowed": body["spec"]["resourceAttributes"]["verb"] in BEHAVIOUR["may"]}})
        if path == "/apis/kubevirt.io/v1/namespaces/keeps" + VMIS:
            if verb == "create":
                return self.create(query, body)
            if verb == "watch":
                return self.watch(query)
            with world.changed:
                return self.send(200, {"kind": "VirtualMachineInstanceList", "metadata": {"resourceVersion": str(world.version)},
                                       "items": [world.vmi] if world.vmi else []})
        prefix = "/apis/kubevirt.io/v1/namespaces/keeps" + VMIS + "/"
        if path.startswith(prefix):
            return self.one(verb, path[len(prefix):], body)
        return self.status(404, "NotFound", "the server could not find the requested resource")

    def create(self, query, body):
        if query.get("fieldValidation") != "Strict":
            return self.status(400, "BadRequest", "the double wants fieldValidation=Strict")
        known = {n: LAUNCH[n] if n == "sev" else {f: LAUNCH[n].get(f, TEXT) for f in BEHAVIOUR[n]} for n in ("sev", "snp") if BEHAVIOUR[n] is not None}
        schema = json.loads(json.dumps(VMI))
        schema["spec"]["domain"]["launchSecurity"] = known
        if self.refuse_unknown(body, schema, rules(body)):
            return None
        with world.changed:
            if world.vmi is not None:
                return self.status(409, "AlreadyExists", "virtualmachineinstances.kubevirt.io already exists")
            security = body["spec"]["domain"]["launchSecurity"]
            if BEHAVIOUR["drop"]:
                for fields in security.values():
                    fields.pop(BEHAVIOUR["drop"], None)
                security.pop(BEHAVIOUR["drop"], None)
            body["metadata"]["uid"] = f"uid-{world.version}"
            world.vmi = body
            world.event("ADDED")
            self.send(201, world.vmi)
        for phase in BEHAVIOUR["phases"]:
            world.phase(phase)
        return None

    def one(self, verb, name, body):
        with world.changed:
            if world.vmi is None or world.vmi["metadata"]["name"] != name:
                return self.status(404, "NotFound", f'virtualmachineinstances.kubevirt.io "{name}" not found', {"name": name})
            if verb == "get":
                return self.send(200, world.vmi)
            if self.refuse_unknown(body, DELETE):
                return None
            if body.get("preconditions", {}).get("uid", world.vmi["metadata"]["uid"]) != world.vmi["metadata"]["uid"]:
                return self.status(409, "Conflict", "the UID in the precondition does not match", {"name": name})
            world.vmi["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
            world.event("MODIFIED")
            self.send(200, {"kind": "Status", "status": "Success"})
            if not BEHAVIOUR["linger"]:
                world.event("DELETED")
        return None

    def watch(self, query):
        if BEHAVIOUR["expire"]:
            BEHAVIOUR["expire"] -= 1
            return self.status(410, "Expired", "too old resource version")
        seen = int(query.get("resourceVersion") or 0)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.close_connection = True
        tell(method="GET", path=self.path, who=self.who, status=200)
        left = BEHAVIOUR["cut_after"] or 1 << 40
        cuts = world.cuts
        try:
            if BEHAVIOUR["expire_inside"]:
                BEHAVIOUR["expire_inside"] -= 1
                gone = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}}
                return self.wfile.write(json.dumps(gone).encode() + b"\n")
            bookmark = {"type": "BOOKMARK", "object": {"kind": "VirtualMachineInstance", "metadata": {"resourceVersion": str(seen)}}}
            lines = [json.dumps(bookmark).encode() + b"\n"]
            while left > 0 and cuts == world.cuts:
                with world.changed:
                    lines += [json.dumps(event).encode() + b"\n" for version, event in world.events if version > seen]
                    seen = max([seen] + [version for version, _ in world.events])
                    if not lines:
                        world.changed.wait(5)
                for line in lines:
                    self.wfile.write(line[:left])
                    self.wfile.flush()
                    left -= len(line)
                    if left <= 0:
                        break
                lines = []
        except OSError:
            pass
        return None


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass

    def finish_request(self, request, client):
        # The handshake belongs to the connection's own thread.
        request.do_handshake()
        super().finish_request(request, client)


def main():
    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.cert, options.key)
    if options.client_ca:
        context.load_verify_locations(options.client_ca)
        context.verify_mode = ssl.CERT_OPTIONAL
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        what = asked.pop("do", "")
        if what == "phase":
            world.phase(asked["phase"], asked.get("reason", ""))
        elif what == "cut":
            with world.changed:
                world.cuts += 1
                world.changed.notify_all()
        elif what == "gone":
            world.gone()
        else:
            BEHAVIOUR.update(asked)
        tell(did=what or "behave")


parser = argparse.ArgumentParser()
for name in ("cert", "key", "client-ca", "token"):
    parser.add_argument("--" + name, default="")
options = parser.parse_args()
options.token = options.token or "no token at all"
main()
