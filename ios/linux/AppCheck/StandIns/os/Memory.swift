/// https://developer.apple.com/documentation/os/os_proc_available_memory
// swift-format-ignore: AlwaysUseLowerCamelCase
public func os_proc_available_memory() -> Int { fatalError() }
