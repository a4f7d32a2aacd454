// kinesis-mock listens on every interface and has no setting for that; loaded before it, this keeps it to one.
const net = require("node:net");
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  const named = typeof port === "object" && port !== null ? { ...port, host: "127.0.0.1" } : { port, host: "127.0.0.1" };
  return listen.call(this, named, ...rest.filter((each) => typeof each === "function"));
};
