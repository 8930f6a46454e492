namespace Weir.Engine.Codecs;

using System.Linq.Expressions;

/// <summary>
/// A codec so small that who compiles code around it takes its own in, instead of a call through two delegates for each
/// member of each event.
/// </summary>
internal interface IInlineCodec
{
    /// <summary>Takes a <see cref="ByteWriter"/> and a value.</summary>
    LambdaExpression WriteCode { get; }

    /// <summary>Takes a <see cref="ByteReader"/> and gives the value.</summary>
    LambdaExpression ReadCode { get; }
}
