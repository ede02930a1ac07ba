import Foundation
import KerbsideFFI
import SorterKit

/// The one place where the engine's errors become the app's; a stop by the person becomes Swift's own cancellation.
func translating<Value>(_ work: () throws -> Value) throws -> Value {
  do {
    return try work()
  } catch let error as SorterError {
    throw translated(error)
  } catch let error as CallbackError {
    throw KerbsideError.storage(error.localizedDescription)
  }
}

private func translated(_ error: SorterError) -> any Error {
  switch error {
  case .BadPhoto(let words): KerbsideError.badPhoto(words)
  case .BadPack(let words), .BadAdapter(let words): KerbsideError.badPack(words)
  case .BadRules(let words), .NotFound(let words): KerbsideError.badRules(words)
  case .BadCalendar(let words): KerbsideError.badCalendar(words)
  case .Busy(let words): KerbsideError.storage(words)
  case .NoSpace(let words), .OutOfMemory(let words): KerbsideError.tooBig(words)
  case .Cancelled: CancellationError()
  case .Closed(let words), .Internal(let words): KerbsideError.internal(words)
  }
}

/// A day the engine wrote.
func day(_ text: String) throws -> Day {
  guard let day = Day(text) else { throw KerbsideError.internal("not a day: \(text)") }
  return day
}
