// One import is enough for users: the messages, the stub and the errors come with the client. The package's product has
// only this module's name, so users could not name the others as dependencies.
@_exported public import API
@_exported public import RPC
